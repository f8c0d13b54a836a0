import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { checkAll, checkRange, checkRevision, checkStaged } from '../../src/guard/check.ts'
import type { CheckResult } from '../../src/guard/finding.ts'
import { KEY } from './files-repo.ts'
import { brief, GuardRepo, policyText, sealed } from './guard-repo.ts'

const INLINE = '{\n  users.users.a.password = "correct horse battery";\n}\n'
const READS = '{\n  a = builtins.readFile ./secrets/a;\n}\n'

/** What is found at a place within files, as `rule path:line commit`. */
function places({ findings }: CheckResult, names: Readonly<Record<string, string>>): string[] {
  const byOid = new Map(Object.entries(names).map(([name, oid]) => [oid, name]))
  return findings
    .map(({ rule, path, line, commit }) => `${rule} ${path}:${line} ${byOid.get(commit ?? '') ?? commit}`)
    .sort()
}

async function fork() {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const one = repo.commit({ one: '1' })
  repo.switchTo('other', base)
  const two = repo.commit({ two: '2' })
  const range = async (from = base) => checkRange(await repo.open(), `${from}..HEAD`, repo.options)
  return { repo, base, one, two, range }
}

test('content and Nix expressions that are in none of the parents of a merge', async () => {
  const { repo, one, two, range } = await fork()
  const evil = repo.commit({ key: KEY, 'web.nix': INLINE, 'read.nix': READS }, [one, two])
  repo.commit({ key: null, 'web.nix': null, 'read.nix': null })
  assert.equal(places(await range(), { evil }), [
    'nix-eval-read read.nix:2 evil',
    'nix-inline-secret web.nix:2 evil',
    'private-key key:1 evil',
  ])
})

test('a merge is not blamed for what a parent has, nor asked again', async () => {
  const { repo, base, one, two, range } = await fork()
  repo.switchTo('third', two)
  const bad = repo.commit({ 'web.nix': INLINE })
  const merge = repo.commit({ 'web.nix': INLINE }, [one, bad])
  assert.equal(places(await range(), { bad, merge }), ['nix-inline-secret web.nix:2 bad'])
  // The side that has it is on the remote: nothing of it is news.
  const found = await checkRange(await repo.open(), `${bad}..${merge}`, repo.options)
  assert.equal(places(found, { bad, merge }), [])
  assert.ok(base)
})

test('a Nix expression becomes one that reads a secret only by the merge: the merge resolves it anew', async () => {
  const { repo, one, range } = await fork()
  repo.switchTo('left', one)
  const left = repo.commit({ 'a.nix': '{ x = 1; }\n' })
  repo.switchTo('right', one)
  const right = repo.commit({ 'a.nix': '{ y = 2; }\n' })
  const merge = repo.commit({ 'a.nix': READS }, [left, right])
  assert.equal(places(await range(one), { merge }), ['nix-eval-read a.nix:2 merge'])
})

test('an octopus', async () => {
  const { repo, base, one, two, range } = await fork()
  repo.switchTo('third', base)
  const three = repo.commit({ 'secrets/three': 'hunter3' })
  const octopus = repo.commit(
    { 'secrets/three': await sealed('x'), 'secrets/evil': 'hunter2', 'web.nix': INLINE },
    [one, two, three],
  )
  repo.commit({ 'secrets/evil': null, 'web.nix': null })
  assert.equal(places(await range(), { three, octopus }), [
    'nix-inline-secret web.nix:2 octopus',
    'plaintext-blob secrets/evil:null octopus',
    'plaintext-blob secrets/three:null three',
  ])
})

test('histories without a common commit, merged', async () => {
  const { repo, two, range } = await fork()
  repo.git(['symbolic-ref', 'HEAD', 'refs/heads/orphan'])
  repo.git(['read-tree', '--empty'])
  const root = repo.commit({ 'secrets/old': 'hunter2', key: KEY }, [])
  repo.git(['read-tree', two])
  repo.commit({ 'secrets/old': await sealed('hunter2') }, [two, root])
  assert.equal(places(await range(two), { root }), [
    'plaintext-blob secrets/old:null root',
    'private-key key:1 root',
  ])
})

test('a Nix file that is kept while the file that it names loses its protection', async () => {
  const repo = new GuardRepo()
  await repo.begin()
  const nix = '{ services.x.passwordFile = ./token; }\n'
  const good = repo.commit({ 'web.nix': nix, token: await sealed('x') })
  const opened = await repo.open()
  assert.equal((await checkRevision(opened, good, repo.options)).findings, [])
  const bad = repo.commit({ token: 'hunter2\n' })
  const rules = (await checkRevision(opened, bad, repo.options)).findings.map(({ rule }) => rule)
  assert.ok(rules.includes('nix-plaintext-file'), String(rules))
  // In a range the drop itself is told of.
  const range = (await checkRange(opened, `${good}..${bad}`, repo.options)).findings.map(({ rule }) => rule)
  assert.ok(range.includes('protection-dropped'), String(range))
})

test('a ref that moves, and objects that are packed, while a check runs', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const bad = repo.commit({ 'secrets/b': 'hunter2' })
  repo.commit({ 'secrets/b': null })
  const moved = {
    ...repo.options,
    onProgress: () => {
      repo.git(['update-ref', 'refs/heads/main', base])
      repo.git(['repack', '-q', '-a', '-d', '-k'])
    },
  }
  const found = await checkRange(await repo.open(), `${base}..main`, moved)
  assert.equal(brief(found, { bad }), ['error plaintext-blob secrets/b bad'])
  assert.is(repo.git(['rev-parse', 'main']), base)
})

test('a sparse index is judged whole', async () => {
  const repo = new GuardRepo()
  repo.commit({ 'nixsecret.toml': policyText(), 'a/x': 'x', '.gitattributes': 'deep/** filter=nixsecret\n' })
  repo.commit({ 'deep/secret': 'hunter2' })
  repo.git(['reset', '-q', '--hard'])
  repo.git(['sparse-checkout', 'set', '--cone', '--sparse-index', 'a'])
  assert.match(repo.git(['ls-files', '--sparse']), /^deep\/$/m)
  assert.equal(brief(await checkStaged(await repo.open(), repo.options)), [
    'error plaintext-blob deep/secret index',
  ])
  assert.match(repo.git(['ls-files', '--sparse']), /^deep\/$/m)
})

test('a history of one commit, and a check of all refs: notes, stashes and remotes count', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const hidden: Record<string, string> = {}
  for (const ref of ['refs/notes/commits', 'refs/stash', 'refs/remotes/origin/x', 'refs/odd/one']) {
    repo.git(['symbolic-ref', 'HEAD', 'refs/heads/scratch'])
    const oid = repo.commit({ [`secrets/${ref.length}`]: `hunter ${ref}` }, [base])
    repo.git(['update-ref', ref, oid])
    repo.stage({ [`secrets/${ref.length}`]: null })
    hidden[ref] = oid
  }
  repo.switchTo('main', base)
  repo.git(['update-ref', '-d', 'refs/heads/scratch'])
  const found = brief(await checkAll(await repo.open(), repo.options), hidden)
  assert.equal(
    found.map((line) => line.split(' ').at(-1)),
    Object.keys(hidden).sort((a, b) => a.length - b.length),
  )
})

test.run()
