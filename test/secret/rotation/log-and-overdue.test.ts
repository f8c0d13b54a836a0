import { randomBytes } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeBech32 } from '../../../src/age/bech32.ts'
import { prepareHeader, sealBytes } from '../../../src/age/seal.ts'
import { policyFrom } from '../../../src/blob/policy-from.ts'
import { readersFor } from '../../../src/blob/readers.ts'
import { sealSops } from '../../../src/blob/sops-files.ts'
import { textPath } from '../../../src/byte-path.ts'
import { protectedFiles } from '../../../src/secret/protected-files.ts'
import { overdueSecrets } from '../../../src/secret/rotation/overdue.ts'
import { Workspace } from '../../../src/secret/workspace.ts'
import { FastImport } from '../../support/fast-import.ts'
import { Sandbox } from '../../support/sandbox.ts'
import { ATTRIBUTES, ageKey, type TestKey } from './random-history.ts'

const START = 1_700_000_000
const DAY = 86_400

function newKey(): TestKey {
  const scalar = randomBytes(32)
  return ageKey(encodeBech32('age-secret-key-', scalar).toUpperCase(), scalar)
}

const [me, bob, carol, dan] = [newKey(), newKey(), newKey(), newKey()]
const KEYS: Record<string, TestKey> = { me, bob, carol }

function policy(names: readonly string[], more = '', keys = KEYS): string {
  const lines = names.map((name) => `${name} = "${keys[name]?.recipient}"\n`).join('')
  return `version = 1\n[recipients]\n${lines}[default]\nto = ${JSON.stringify(names)}\n${more}`
}

async function seal(text: string, names: readonly string[], keys = KEYS): Promise<Buffer> {
  const readers = readersFor(policyFrom(policy(names, '', keys)), textPath('secrets/db'))
  return sealBytes(await prepareHeader(readers.recipients, [readers.stanza]), Buffer.from(text))
}

/** A repository at its last commit, and git-nixsecret in it. */
class Place {
  readonly box = new Sandbox('log')
  readonly dir = this.box.path('repo')
  readonly #files: {
    files: Record<string, Uint8Array | string | null>
    parents: number[]
    day: number
    author: string
  }[] = []

  /** @returns the commit's number, from 1 on */
  add(
    day: number,
    files: Record<string, Uint8Array | string | null>,
    parents: number[] = this.#files.length === 0 ? [] : [this.#files.length],
    author = 'Dora',
  ): number {
    return this.#files.push({ files, parents, day, author })
  }

  async make(): Promise<this> {
    await this.box.ok('git', ['init', '-q', this.dir])
    const git = new FastImport(this.dir, this.box.env)
    for (const { files, parents, day, author } of this.#files)
      await git.commit({ ref: 'refs/heads/main', parents, files, time: START + day * DAY, author })
    await git.end()
    await this.box.ok('git', ['reset', '-q', '--hard'], { cwd: this.dir })
    Object.assign(this.box.env, { NIXSECRET_IDENTITY: this.box.write('id.txt', `${me.secret}\n`, 0o600) })
    return this
  }

  run(...args: string[]) {
    return this.box.run('git-nixsecret', args, { cwd: this.dir })
  }

  async overdue(day: number): Promise<[string, string | null][]> {
    for (const name of Object.keys(process.env)) delete process.env[name]
    Object.assign(process.env, this.box.env)
    const before = process.cwd()
    process.chdir(this.dir)
    const space = await Workspace.open(null)
    try {
      const { files } = await protectedFiles(space, [])
      const found = await overdueSecrets(space, await space.policy(), files, START + day * DAY)
      return found.map(({ path, unsure }) => [path, unsure])
    } finally {
      space.close()
      process.chdir(before)
    }
  }
}

test('log tells changes from rekeys, follows renames, and names readers as they were called then', async () => {
  const place = new Place()
  const three = ['me', 'bob', 'carol']
  const renamed = { me, robert: bob, carol }
  place.add(0, {
    '.gitattributes': ATTRIBUTES,
    'nixsecret.toml': policy(three),
    'secrets/old': await seal('one', three),
  })
  place.add(1, { 'secrets/old': await seal('two', three) }, undefined, 'Eve\u202e')
  place.add(2, { 'nixsecret.toml': policy(['me', 'robert', 'carol'], '', renamed) })
  const without = policy(['me', 'robert'], '', renamed)
  place.add(3, { 'nixsecret.toml': without, 'secrets/old': await seal('two', ['me', 'robert'], renamed) })
  // Moved and encrypted again in one.
  place.add(4, { 'secrets/old': null, 'secrets/db': await seal('two', ['me', 'robert'], renamed) })
  place.add(5, { 'secrets/db': null })
  const six = place.add(6, { 'secrets/db': await seal('two', ['me', 'robert'], renamed) })
  const left = place.add(7, { 'secrets/db': await seal('left', ['me', 'robert'], renamed) }, [six])
  const right = place.add(7, { 'secrets/db': await seal('right', ['me', 'robert'], renamed) }, [six])
  const both = { 'secrets/db': await seal('left and right', ['me', 'robert'], renamed) }
  const merge = place.add(8, both, [left, right])
  place.add(9, { 'secrets/db': await seal('left and right', ['bob'], KEYS) }, [merge])
  await place.make()
  const shown = await place.run('log', 'secrets/db')
  assert.is(shown.code, 0, shown.stderr)
  const lines = shown.out
    .split('\n')
    .slice(0, -1)
    .map((line) => line.slice(12).replace(/ {2,}/g, ' | '))
  assert.is(lines[0], '2023-11-23 | Dora | cannot be told: no key here opens it | ?')
  assert.is(lines[1], '2023-11-22 | Dora | changed (merge)')
  assert.equal(lines.slice(2, 4), ['2023-11-21 | Dora | changed', '2023-11-21 | Dora | changed'])
  assert.equal(lines.slice(4), [
    '2023-11-20 | Dora | restored, unchanged',
    '2023-11-19 | Dora | deleted',
    '2023-11-18 | Dora | renamed from secrets/old',
    '2023-11-17 | Dora | only encrypted again | -carol',
    '2023-11-15 | "Eve\\342\\200\\256" | changed',
    '2023-11-14 | Dora | created | +bob +carol +me',
  ])
  const json = JSON.parse((await place.run('log', '--json', 'secrets/old')).out)
  assert.equal(
    json.log.map(({ kind }: { kind: string }) => kind),
    ['deleted', 'resealed', 'changed', 'created'],
  )
  assert.is((await place.run('log', 'secrets/none')).code, 2)
})

test('rotation groups by who knows, remove tells it for one, and rekey is what it hints at', async () => {
  const place = new Place()
  const three = ['me', 'bob', 'carol']
  const start = { '.gitattributes': ATTRIBUTES, 'nixsecret.toml': policy(three) }
  place.add(0, { ...start, 'secrets/a': await seal('same', three), 'secrets/b': await seal('other', three) })
  place.add(1, {
    'nixsecret.toml': policy(['me', 'carol']),
    'secrets/a': await seal('same', ['me', 'carol']),
  })
  // The name has another key now: the old one has left.
  const swapped = { me, carol: newKey() }
  place.add(2, {
    'nixsecret.toml': policy(['me', 'carol'], '', swapped),
    'secrets/b': await seal('fresh', ['me', 'carol'], swapped),
  })
  await place.make()
  const found = await place.run('rotation')
  assert.is(found.code, 1, found.stderr)
  assert.match(
    found.out,
    /^bob \(\S+\) knows\n {2}secrets\/a {2}lost access 2023-11-15 in [0-9a-f]{10} {2}could read it in [0-9a-f]{10}\n/,
  )
  assert.match(
    found.out,
    /carol \(\S+\) knows\n {2}secrets\/a {2}lost access 2023-11-16 in \w+ {2}can read it still: not rekeyed; could/,
  )
  assert.not.match(found.out, /secrets\/b/)
  assert.match(found.stderr, /hint: git nixsecret rekey .*\nhint: git nixsecret edit secrets\/a/)
  const bobs = JSON.parse((await place.run('rotation', '--recipient', 'bob', '--json')).out)
  assert.equal(
    bobs.outstanding.map((one: { path: string; key: string }) => [one.path, one.key]),
    [['secrets/a', bob.recipient]],
  )
  assert.is((await place.run('rotation', '--recipient', 'nobody')).code, 2)
  const removed = await place.run('recipient', 'remove', 'carol')
  assert.is(removed.code, 0, removed.stderr)
  assert.match(removed.out, /carol \(\S+\) knows\n {2}secrets\/b {2}loses access once you commit/)
  assert.match(removed.stderr, /hint: git nixsecret rekey\n/)
})

test('documents, files from before the attributes, and sets that only two policies share count', async () => {
  const place = new Place()
  const three = ['me', 'bob', 'carol']
  const text = 'key: value\n'
  const document = (names: readonly string[], content: string) => {
    const readers = readersFor(policyFrom(policy(names)), textPath('secrets/e.yaml'))
    return sealSops(textPath('secrets/e.yaml'), Buffer.from(content), readers, {
      documents: [],
      identities: [],
    })
  }
  const format = '[[rule]]\npaths = ["*.yaml"]\nformat = "sops"\n'
  const early = await seal('early', ['me', 'bob'])
  place.add(0, {
    'nixsecret.toml': policy(three),
    'secrets/early': early,
    'secrets/e.yaml': await document(three, text),
  })
  place.add(1, { '.gitattributes': ATTRIBUTES, 'nixsecret.toml': policy(['me', 'bob'], format) })
  place.add(2, { 'nixsecret.toml': policy(['bob', 'carol', 'me'], format) })
  place.add(3, { 'nixsecret.toml': policy(['bob', 'dan'], format, { bob, dan } as Record<string, TestKey>) })
  // While a change was not accepted, it was sealed for those whom both policies named.
  const both = place.add(4, { 'secrets/both': await seal('both', ['bob']) })
  // Written otherwise, the values are the same.
  const two = {
    'secrets/early': await seal('early', ['me']),
    'secrets/e.yaml': await document(['me'], 'key:   value\n'),
  }
  const side = place.add(5, { 'nixsecret.toml': policy(['me'], format), ...two }, [4])
  const third = place.add(5, { 'secrets/both': await seal('both', ['me']) }, [side])
  place.add(
    6,
    { ...two, 'secrets/both': await seal('both', ['me']), 'nixsecret.toml': policy(['me'], format) },
    [both, side, third],
  )
  await place.make()
  const { outstanding, unknown } = JSON.parse((await place.run('rotation', '--json')).out)
  const found = outstanding.map((one: { path: string; recipient: string; unsure: string | null }) => [
    one.path,
    one.recipient,
    one.unsure,
  ])
  const why = 'of the earlier version no key here opens it'
  assert.equal(found.sort(), [
    ['secrets/both', 'bob', why],
    ['secrets/e.yaml', 'bob', null],
    ['secrets/e.yaml', 'carol', null],
    ['secrets/early', 'bob', null],
  ])
  assert.equal(unknown, [])
})

test('what rotate wants is told by the last change of the plaintext, whatever was done besides', async () => {
  const place = new Place()
  const two = ['me', 'bob']
  const rotate = policy(two, 'rotate = "30d"\n[[rule]]\npaths = ["/secrets/slow"]\nrotate = "2y"\n')
  const all = { '.gitattributes': ATTRIBUTES, 'nixsecret.toml': rotate }
  const files = { a: 'a0', b: 'b0', c: 'c0', slow: 's0', d: 'd0' }
  const sealed = await Promise.all(
    Object.entries(files).map(async ([name, text]) => [`secrets/${name}`, await seal(text, two)] as const),
  )
  place.add(0, { ...all, ...Object.fromEntries(sealed) })
  place.add(80, { 'secrets/a': await seal('a0', two) })
  place.add(85, {
    'secrets/b': await seal('b1', two),
    'secrets/c': null,
    'secrets/moved': await seal('c0', two),
  })
  place.add(90, { 'secrets/d': await seal('d1', ['bob']) })
  place.add(91, { 'secrets/d': await seal('d2', two) })
  place.add(92, { 'secrets/e': await seal('e0', two) })
  await place.make()
  const locked = 'no key here opens it'
  assert.equal(await place.overdue(100), [
    ['secrets/a', null],
    ['secrets/d', locked],
    ['secrets/moved', null],
  ])
  assert.equal(await place.overdue(120), [
    ['secrets/a', null],
    ['secrets/b', null],
    ['secrets/d', locked],
    ['secrets/moved', null],
  ])
  assert.equal(await place.overdue(20), [
    ['secrets/b', 'its last change is dated in the future'],
    ['secrets/d', locked],
    ['secrets/e', 'its last change is dated in the future'],
  ])
  const status = await place.run('status')
  assert.is(status.code, 1)
  assert.match(status.out, /secrets\/a +me, bob +not changed for 30 days or longer/)
  assert.match((await place.run('rotation')).out, /nixsecret\.toml wants changed\n {2}secrets\/a/)
})

test('a rotate that is none is a fault with its place', () => {
  for (const bad of ['"90"', '"3m"', '"0d"', '"101y"', '90', '"90 d"'])
    assert.throws(
      () => policyFrom(policy(['me'], `rotate = ${bad}\n`)),
      /nixsecret\.toml:6: unknown "rotate" in \[default\]; write rotate = "90d"/,
    )
  assert.is(policyFrom(policy(['me'], 'rotate = "2w"\n')).default.rotate, 14)
})

test.run()
