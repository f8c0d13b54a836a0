import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { accept } from '../../src/blob/trust/accept.ts'
import { withPresent } from '../../src/blob/trust/present.ts'
import { DiffTree } from '../../src/git/diff-tree.ts'
import { checkRange } from '../../src/guard/check.ts'
import { acceptSigned } from '../../src/trust/accept-signed.ts'
import { GuardRepo, policyText } from '../guard/guard-repo.ts'
import { asUser } from '../support/accept.ts'

const BOTH = policyText(['alice', 'web'])

/** Does something, and says how often each command of git was started meanwhile. */
async function counted<Result>(repo: GuardRepo, use: () => Promise<Result>) {
  const file = repo.box.path('trace')
  process.env.GIT_TRACE2_EVENT = file
  let result: Result
  try {
    result = await use()
  } finally {
    delete process.env.GIT_TRACE2_EVENT
  }
  const starts = new Map<string, number>()
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
    const { event, name } = JSON.parse(line) as { event: string; name?: string }
    if (event === 'cmd_name' && name !== undefined) starts.set(name, (starts.get(name) ?? 0) + 1)
  }
  return { result, starts }
}

/** Two branches that are merged again and again, `most` times; then somebody is let in. */
function weave(repo: GuardRepo, most: number): string {
  const data = (text: string) => `data ${Buffer.byteLength(text)}\n${text}\n`
  let mark = 0
  const commit = (path: string, text: string, parents: readonly string[]) => {
    const [first, second] = parents
    const lines = [
      'commit refs/heads/main',
      `mark :${++mark}`,
      `committer a <a@b> ${1_700_000_000 + mark} +0000`,
      `${data('x')}from ${first}`,
      ...(second === undefined ? [] : [`merge ${second}`]),
      `M 100644 inline ${path}\n${data(text)}`,
    ]
    return { id: `:${mark}`, text: `${lines.join('\n')}\n` }
  }
  let input = ''
  let tip = repo.git(['rev-parse', 'HEAD'])
  for (let i = 0; i < most; i++) {
    const side = commit('side', `${i}`, [tip])
    const main = commit('main', `${i}`, [tip])
    const merge = commit('side', `${i}`, [main.id, side.id])
    input += side.text + main.text + merge.text
    tip = merge.id
  }
  const evil = commit('nixsecret.toml', BOTH, [tip])
  repo.git(['fast-import', '--quiet', '--force'], { input: input + evil.text })
  repo.switchTo('main', repo.git(['rev-parse', 'main']))
  return repo.git(['rev-parse', 'main'])
}

test('signed mode lists the changes of all commits by one process', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  repo.git(['read-tree', '-u', '--reset', base])
  await asUser(repo.box, repo.dir, accept)
  const evil = weave(repo, 100)
  repo.git(['read-tree', '-u', '--reset', evil])
  repo.git(['config', 'nixsecret.trust', 'signed'])
  const { result, starts } = await counted(repo, () =>
    asUser(repo.box, repo.dir, (here) => withPresent(here, acceptSigned)),
  )
  assert.is(result.kind, 'left')
  assert.is(result.kind === 'left' ? result.commit?.oid : null, evil)
  assert.ok((starts.get('diff-tree') ?? 0) <= 3, `diff-tree: ${starts.get('diff-tree')}`)
  assert.is(starts.get('verify-commit') ?? 0, 0)
})

test('check --require-signed lists the changes of all merges by one process', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const evil = weave(repo, 100)
  const { result, starts } = await counted(repo, async () =>
    checkRange(await repo.open(), `${base}..${evil}`, { ...repo.options, requireSigned: true }),
  )
  assert.equal(
    result.findings.filter(({ rule }) => rule === 'unsigned').map(({ commit }) => commit),
    [evil],
  )
  assert.ok((starts.get('diff-tree') ?? 0) <= 3, `diff-tree: ${starts.get('diff-tree')}`)
})

test('what trees have where another one has something else', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const old = repo.commit({ gone: 'gone', same: 'same', other: '1' })
  const other = repo.commit({ gone: null, other: '2', new: 'new' })
  const id = (name: string) => repo.git(['rev-parse', name])
  const trees = new DiffTree({ cwd: repo.dir, env: repo.box.env }, 'sha1')
  try {
    const pairs = [base, old, other].map((commit) => id(`${commit}^{tree}`))
    const [first, second, third] = await trees.replaced(pairs, id(`${other}^{tree}`))
    const told = (changes = first) =>
      (changes ?? []).map(({ mode, oid, path }) => `${mode} ${/^0+$/.test(oid) ? '' : oid} ${path}`)
    assert.equal(told(first), ['000000  new', '000000  other', '000000  same'])
    assert.equal(told(second), [
      `100644 ${id(`${old}:gone`)} gone`,
      '000000  new',
      `100644 ${id(`${old}:other`)} other`,
    ])
    assert.equal(third, [])
    assert.equal(await trees.replaced([], id(`${other}^{tree}`)), [])
    // It still knows what commits change.
    assert.equal(
      (await trees.changes([other]))[0]?.map(({ path }) => path),
      ['gone', 'new', 'other'],
    )
  } finally {
    trees.close()
  }
})

test.run()
