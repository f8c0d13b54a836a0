import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeBech32 } from '../../../src/age/bech32.ts'
import { findOutstanding } from '../../../src/secret/rotation/find-outstanding.ts'
import type { RotationReport } from '../../../src/secret/rotation/outstanding.ts'
import { Workspace } from '../../../src/secret/workspace.ts'
import { FastImport } from '../../support/fast-import.ts'
import { Sandbox } from '../../support/sandbox.ts'
import { PlainReference } from './plain-reference.ts'
import { ageKey, type HistoryOptions, RandomHistory, sshKey, type TestKey } from './random-history.ts'

const PLAIN = { foreign: false, documents: false, plaintext: false, meFrom: 0, commits: 60 }
const SEEDS = (process.env.NIXSECRET_TEST_SEEDS ?? '1,2,3').split(',')

function newAgeKey(): TestKey {
  const scalar = randomBytes(32)
  return ageKey(encodeBech32('age-secret-key-', scalar).toUpperCase(), scalar)
}

async function compare(seed: string, more: Partial<HistoryOptions>) {
  const box = new Sandbox('rotation')
  const people = [...Array.from({ length: 4 }, newAgeKey), sshKey(), sshKey()]
  const me = newAgeKey()
  const dir = box.path('repo')
  await box.ok('git', ['init', '-q', dir])
  const git = new FastImport(dir, box.env)
  const history = new RandomHistory(seed, git, { ...PLAIN, people, me, ...more })
  const ref = await history.make()
  await git.end()
  await box.ok('git', ['symbolic-ref', 'HEAD', ref], { cwd: dir })
  await box.ok('git', ['reset', '-q', '--hard'], { cwd: dir })
  const identity = box.write('identity.txt', `${me.secret}\n`, 0o600)
  const report = await inPlace(dir, { ...box.env, NIXSECRET_IDENTITY: identity })
  const reference = await PlainReference.read(dir, box.env, [...people, me])
  box.remove()
  return { report, reference, found: new Set(report.outstanding.map(({ path, key }) => `${path} ${key}`)) }
}

async function inPlace(dir: string, env: Record<string, string>): Promise<RotationReport> {
  mkdirSync(env.HOME as string, { recursive: true })
  for (const name of Object.keys(process.env)) delete process.env[name]
  Object.assign(process.env, env)
  const before = process.cwd()
  process.chdir(dir)
  const space = await Workspace.open(null)
  try {
    return (await findOutstanding(space)).report
  } finally {
    space.close()
    process.chdir(before)
  }
}

/** Where and when, of everything that was found. */
function holds({ report, reference }: Awaited<ReturnType<typeof compare>>) {
  for (const { path, key, opened, lost, lostHow, unsure } of report.outstanding) {
    const commit = reference.commits.get(opened.commit)
    assert.is(commit?.files.get(opened.path), opened.oid, 'the version is where it is said to be')
    if (unsure === null) {
      const plaintext = reference.opened.get(`${opened.oid} ${opened.path}`)?.get(key)
      assert.ok(plaintext !== undefined && plaintext === reference.plaintext(path), 'it is the same')
    }
    const mayRead = (oid: string) => reference.mayRead(oid, key, [path])
    // All that is between the loss and HEAD is without access, on one way at least.
    const without = new Set<string>()
    const todo = [reference.head.oid]
    for (let oid = todo.pop(); oid !== undefined; oid = todo.pop()) {
      if (without.has(oid) || mayRead(oid)) continue
      without.add(oid)
      todo.push(...(reference.commits.get(oid)?.parents ?? []))
    }
    if (lostHow === 'commit') {
      const parents = reference.commits.get(lost?.oid ?? '')?.parents ?? []
      assert.ok(without.has(lost?.oid ?? ''), 'lost on the way to HEAD')
      assert.ok(parents.length > 0 && parents.every(mayRead), 'and not before')
    } else if (lostHow === 'moved') assert.ok(reference.commits.get(lost?.oid ?? '')?.files.has(path))
    else if (lostHow === 'elsewhere')
      assert.ok([...without].some((oid) => reference.commits.get(oid)?.parents.length === 0))
    else assert.ok(mayRead(reference.head.oid))
  }
}

for (const seed of SEEDS) {
  test(`all and nothing but what somebody knows, history ${seed}`, async () => {
    const done = await compare(`exact ${seed}`, { documents: true, plaintext: true })
    assert.equal([...done.found].sort(), [...done.reference.outstanding()].sort())
    assert.ok(done.report.outstanding.every(({ unsure }) => unsure === null))
    assert.equal(new Set(done.report.exposed.map(({ path }) => path as string)), done.reference.exposed())
    holds(done)
  })

  test(`files of other tools count for whoever may have read them, history ${seed}`, async () => {
    const done = await compare(`foreign ${seed}`, { foreign: true })
    const truth = done.reference.outstanding()
    for (const one of truth) assert.ok(done.found.has(one), one)
    for (const { path, key, unsure } of done.report.outstanding)
      assert.ok(truth.has(`${path} ${key}`) || unsure === 'it does not say for whom it was sealed')
    holds(done)
  })

  test(`what does not open here counts, history ${seed}`, async () => {
    const done = await compare(`late ${seed}`, { meFrom: 25 })
    const truth = done.reference.outstanding()
    const same = [...truth].filter((one) => {
      const [path = '', ...key] = one.split(' ')
      const plaintext = done.reference.plaintext(path)
      return [...done.reference.opened].some(
        ([place, opened]) => place.endsWith(` ${path}`) && opened.get(key.join(' ')) === plaintext,
      )
    })
    for (const one of same) assert.ok(done.found.has(one), one)
    for (const { path, key, unsure } of done.report.outstanding)
      assert.ok(truth.has(`${path} ${key}`) || unsure !== null)
    holds(done)
  })
}

test.run()
