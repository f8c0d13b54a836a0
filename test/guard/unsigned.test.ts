import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { commitFacts } from '../../src/git/commit-facts.ts'
import { pushableJudges } from '../../src/git/pushable-judges.ts'
import { checkAll, checkRange } from '../../src/guard/check.ts'
import { GpgHome } from '../support/gpg.ts'
import { needs } from '../support/needs.ts'
import { allowSigners, newSigner } from '../support/signer.ts'
import { brief, GuardRepo, policyText, sealed } from './guard-repo.ts'
import { ReceiveRepo } from './receive-repo.ts'

const withSsh = needs('git signs with SSH keys', 'ssh-keygen') ? test : test.skip
const withGpg = needs('git signs with OpenPGP keys', 'gpg', 'gpgconf') ? test : test.skip
const SIGNERS = ['gpg.ssh.allowedsignersfile']
const BOTH = policyText(['alice', 'web'])

async function unsignedOf(repo: GuardRepo, range: string, names: Record<string, string> = {}) {
  const result = await checkRange(await repo.open(), range, { ...repo.options, requireSigned: true })
  const findings = result.findings.filter(({ rule }) => rule === 'unsigned')
  return { findings, brief: brief({ ...result, findings }, names) }
}

withSsh('commits of each kind', async () => {
  const repo = new GuardRepo()
  const [alice, eve] = [await newSigner(repo.box, 'alice'), await newSigner(repo.box, 'eve')]
  const base = await repo.begin()
  const secret = await sealed('b')
  const good = repo.commit({ 'secrets/a': secret }, undefined, alice.flags)
  const open = repo.commit({ README: 'anybody may change this' })
  const none = repo.commit({ 'secrets/a': await sealed('c') })
  const unknown = repo.commit({ 'nixsecret.toml': BOTH }, undefined, eve.flags)
  const gone = repo.commit({ 'secrets/a': null, 'nixsecret.toml': policyText() })
  const attributes = repo.commit({ 'sub/.gitattributes': '*.x filter=nixsecret\n' })
  const raw = repo.git(['cat-file', 'commit', good]).replace('\nx', '\nforged')
  const forged = repo.git(['hash-object', '-t', 'commit', '-w', '--stdin'], { input: `${raw}\n` })
  const names = { good, open, none, unknown, gone, attributes, forged }

  // Without an allowed-signers file git calls what is signed unsigned: it must not look as if nobody had signed.
  assert.is((await commitFacts([good], repo.options)).get(good)?.signature.state, 'unchecked')
  repo.git(['config', 'gpg.ssh.allowedSignersFile', allowSigners(repo.box, [alice])])
  const facts = await commitFacts([good, none, unknown, forged], repo.options)
  assert.equal(
    [good, none, unknown, forged].map((oid) => facts.get(oid)?.signature.state),
    ['good', 'none', 'unknown', 'bad'],
  )
  assert.is(facts.get(good)?.signature.signer, 'alice@example.org')
  const printed = await repo.box.ok('ssh-keygen', ['-lf', `${alice.key}.pub`])
  assert.ok(printed.includes(` ${facts.get(good)?.signature.key} `))

  const { findings, brief: lines } = await unsignedOf(repo, `${base}..HEAD`, names)
  assert.equal(lines, [
    'error unsigned nixsecret.toml gone',
    'error unsigned nixsecret.toml unknown',
    'error unsigned secrets/a none',
    'error unsigned sub/.gitattributes attributes',
  ])
  const messages = findings.map(({ message }) => message).join('\n')
  assert.match(messages, /this commit changes nixsecret.toml and secrets\/a, and is not signed/)
  assert.match(messages, /a key that is no allowed signer's \(SHA256:/)
  assert.match(findings[0]?.hint ?? '', /^# look at it first.*\ngit rebase --rebase-merges --exec/)
  assert.equal((await unsignedOf(repo, `${base}..${open}`, names)).brief, [])
  repo.git(['update-ref', 'refs/heads/forged', forged])
  assert.equal((await unsignedOf(repo, `${base}..${forged}`, names)).brief, [
    'error unsigned secrets/a forged',
  ])
  // The first commit of all has to be signed as well.
  const all = await checkAll(await repo.open(), { ...repo.options, requireSigned: true })
  assert.ok(brief(all, { base }).includes('error unsigned nixsecret.toml base'))
  // Nobody asked.
  const plain = await checkRange(await repo.open(), `${base}..HEAD`, repo.options)
  assert.equal(plain.findings.filter(({ rule }) => rule === 'unsigned').length, 0)

  // What is pushed can allow neither rule to itself, and what the remote has allows a commit only with all its paths.
  const allow = (paths: string) =>
    `${policyText()}[[check.allow]]\nrule = ["unsigned"]\npaths = ["${paths}"]\nreason = "x"\n`
  const allowing = repo.commit({ 'nixsecret.toml': allow('/**'), 'secrets/b': await sealed('b') })
  assert.equal((await unsignedOf(repo, `${attributes}..HEAD`)).brief.length, 1)
  const later = repo.commit({ 'secrets/b': await sealed('d') })
  assert.equal((await unsignedOf(repo, `${allowing}..${later}`)).brief, [])
  repo.commit({ 'nixsecret.toml': allow('/nixsecret.toml') })
  const some = repo.git(['rev-parse', 'HEAD'])
  repo.commit({ 'nixsecret.toml': policyText(), 'secrets/b': await sealed('e') })
  assert.equal((await unsignedOf(repo, `${some}..HEAD`)).brief.length, 1)
})

withSsh('merges: trivial ones need no signature, others do', async () => {
  const repo = new GuardRepo()
  const alice = await newSigner(repo.box, 'alice')
  repo.git(['config', 'gpg.ssh.allowedSignersFile', allowSigners(repo.box, [alice])])
  const files = { 'nixsecret.toml': BOTH, 'secrets/a': await sealed('a', BOTH) }
  await repo.begin()
  const base = repo.commit(files, undefined, alice.flags)
  // One side takes a reader away and changes the secret; the other changes something else.
  const main = repo.commit(
    { 'nixsecret.toml': policyText(), 'secrets/a': await sealed('b') },
    undefined,
    alice.flags,
  )
  repo.switchTo('side', base)
  const side = repo.commit({ README: 'x', 'secrets/s': await sealed('s', BOTH) }, undefined, alice.flags)
  const merge = async (
    changes: Record<string, string | Uint8Array | null>,
    flags: readonly string[] = [],
  ) => {
    repo.git(['read-tree', main])
    return repo.commit({ README: 'x', ...changes }, [main, side], flags)
  }
  const sideSecret = { mode: '100644', oid: repo.git(['rev-parse', `${side}:secrets/s`]) }
  repo.git(['read-tree', main])
  const clean = repo.commit({ README: 'x', 'secrets/s': sideSecret }, [main, side])
  assert.equal((await unsignedOf(repo, `${base}..${clean}`)).brief, [])
  // The side's version comes back, in the tree of a parent: git itself lists no such change.
  const rollback = await merge({ 'nixsecret.toml': BOTH })
  assert.equal((await unsignedOf(repo, `${base}..${rollback}`, { rollback })).brief, [
    'error unsigned nixsecret.toml rollback',
  ])
  const old = { 'secrets/a': files['secrets/a'] }
  const secretBack = await merge(old)
  assert.equal((await unsignedOf(repo, `${base}..${secretBack}`, { secretBack })).brief, [
    'error unsigned secrets/a secretBack',
  ])
  assert.equal((await unsignedOf(repo, `${base}..${await merge(old, alice.flags)}`)).brief, [])
  const evil = await merge({ 'secrets/a': await sealed('evil') })
  assert.equal((await unsignedOf(repo, `${base}..${evil}`, { evil })).brief, [
    'error unsigned secrets/a evil',
  ])
})

withSsh('allowed signers that are pushed count for nothing', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const repository = await repo.open()
  const pushable = () => pushableJudges(repository, repo.options)
  const file = (path: string) => repo.git(['config', 'gpg.ssh.allowedSignersFile', path])
  file(`${repo.dir}/.github/allowed_signers`)
  try {
    await unsignedOf(repo, `${base}..HEAD`)
    assert.unreachable('it was judged all the same')
  } catch (error) {
    assert.match((error as Error).message, /^gpg.ssh.allowedsignersfile leads into this work tree: /)
    assert.is((error as { code?: string }).code, 'refused')
  }
  file('allowed_signers')
  assert.equal(await pushable(), SIGNERS)
  // A link on either side of the way.
  symlinkSync(`${repo.dir}/signers`, repo.box.path('outside-link'))
  file(repo.box.path('outside-link'))
  assert.equal(await pushable(), SIGNERS)
  symlinkSync(repo.box.path('elsewhere'), `${repo.dir}/inside-link`)
  file(`${repo.dir}/inside-link`)
  assert.equal(await pushable(), SIGNERS)
  mkdirSync(repo.box.path('elsewhere'))
  file(`${repo.dir}/inside-link/file`)
  assert.equal(await pushable(), SIGNERS)
  // No push reaches into the git directory.
  file(`${repo.dir}/.git/signers`)
  assert.equal(await pushable(), [])
  repo.git(['config', 'gpg.ssh.program', './verify'])
  assert.equal(await pushable(), ['gpg.ssh.program'])
  repo.git(['config', '--unset', 'gpg.ssh.program'])
  // Another work tree of the same repository.
  const other = repo.box.path('other')
  repo.git(['worktree', 'add', '-q', '-f', '--no-checkout', other, base])
  writeFileSync(`${other}/signers`, '')
  file(`${other}/signers`)
  assert.equal(await pushable(), SIGNERS)
})

withSsh('a server that requires signatures', async () => {
  const { repo } = await ReceiveRepo.started()
  const alice = await newSigner(repo.box, 'alice')
  const server = (key: string, value: string) => repo.git(['config', key, value], { cwd: repo.server })
  server('gpg.ssh.allowedSignersFile', allowSigners(repo.box, [alice]))
  server('nixsecret.requireSigned', 'perhaps')
  repo.commit({ 'secrets/a': await sealed('b') })
  const before = repo.git(['rev-parse', 'HEAD'])
  await repo.refuses(['main'], /bad boolean|cannot be judged/)
  server('nixsecret.requireSigned', 'true')
  const { stderr } = await repo.refuses(['main'], /this commit changes secrets\/a, and is not signed/)
  assert.match(stderr, /\[unsigned\]/)
  repo.switchTo('main', `${before}^`)
  repo.commit({ 'secrets/a': await sealed('b') }, undefined, alice.flags)
  await repo.takes('main')
  server('nixsecret.requireSigned', 'false')
  repo.commit({ 'secrets/a': await sealed('c') })
  await repo.takes('main')
})

withGpg('a signature of OpenPGP', async () => {
  const repo = new GuardRepo()
  const home = new GpgHome(repo.box)
  try {
    const key = await home.newKey('Alice <alice@example.org>')
    const base = await repo.begin()
    const good = repo.commit({ 'secrets/a': await sealed('b') }, undefined, ['-c', `user.signingKey=${key}`])
    assert.equal((await unsignedOf(repo, `${base}..HEAD`)).brief, [])
    const signature = (await commitFacts([good], repo.options)).get(good)?.signature
    assert.equal(signature, { state: 'good', signer: 'Alice <alice@example.org>', key })
    // Nobody says whose key it is, or how much that says is too little.
    await repo.box.ok('gpg', ['--batch', '--quiet', '--import-ownertrust'], { input: `${key}:4:\n` })
    repo.git(['config', 'gpg.minTrustLevel', 'ultimate'])
    assert.equal((await unsignedOf(repo, `${base}..HEAD`)).brief, ['error unsigned secrets/a ?'])
  } finally {
    await home.end()
  }
})

test.run()
