import { generateKeyPairSync } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeBech32 } from '../../src/age/bech32.ts'
import { prepareHeader, sealBytes } from '../../src/age/seal.ts'
import { policyFrom } from '../../src/blob/policy-from.ts'
import { readersFor } from '../../src/blob/readers.ts'
import { sealSops } from '../../src/blob/sops/seal-sops.ts'
import { type BytePath, textPath } from '../../src/byte-path.ts'
import { run } from '../../src/cli/access.ts'
import type { NixsecretError } from '../../src/errors.ts'
import type { Policy } from '../../src/policy/policy.ts'
import { factsOf } from '../../src/secret/access/blob-facts.ts'
import { buildMatrix } from '../../src/secret/access/build-matrix.ts'
import { foldReaders } from '../../src/secret/access/fold-readers.ts'
import type { AccessMatrix } from '../../src/secret/access/matrix.ts'
import { ReaderSets } from '../../src/secret/access/reader-sets.ts'
import type { Side, SideFile } from '../../src/secret/access/side.ts'
import { summarize } from '../../src/secret/access/summary.ts'

function newKey(): string {
  const { publicKey } = generateKeyPairSync('x25519')
  return encodeBech32('age', publicKey.export({ type: 'spki', format: 'der' }).subarray(-32))
}

function newSshKey(): string {
  const { publicKey } = generateKeyPairSync('ed25519')
  const key = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
  const head = Buffer.from('0000000b7373682d6564323535313900000020', 'hex')
  return `ssh-ed25519 ${Buffer.concat([head, key]).toString('base64')}`
}

const KEYS = {
  alice: newKey(),
  bob: newKey(),
  carol: newKey(),
  web: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBPRNyUihwTsloxQwA49EoQePryWKnGj3svr3Mj0F5wA',
  db: newSshKey(),
}

/** A policy: `to` of the default, then of rules by pattern. */
function policyOf(
  to: string[],
  rules: Record<string, string[]> = {},
  more = '',
  keys: Record<string, string> = KEYS,
): Policy {
  const names = Object.entries(keys).map(([name, key]) => `${name} = "${key}"`)
  const list = Object.entries(rules).map(
    ([path, of]) => `[[rule]]\npaths = ["${path}"]\nto = ${JSON.stringify(of)}`,
  )
  return policyFrom(
    ['version = 1', '[recipients]', ...names, more, '[default]', `to = ${JSON.stringify(to)}`, ...list].join(
      '\n',
    ),
  )
}

/** A blob as clean makes it by a policy; without our stanza where `foreign`. */
async function sealed(policy: Policy, path: string, foreign = false): Promise<Buffer> {
  const readers = readersFor(policy, textPath(path))
  return sealBytes(
    await prepareHeader(readers.recipients, foreign ? [] : [readers.stanza]),
    Buffer.from(path),
  )
}

let oids = 0
type Blobs = Record<string, Buffer | null | Partial<SideFile>>

function sideOf(policy: Policy | null, blobs: Blobs, name: string | null = null, open: string[] = []) {
  const contents = new Map<BytePath, Buffer>()
  const files = new Map<BytePath, SideFile>()
  for (const [key, blob] of Object.entries(blobs)) {
    const path = textPath(key)
    const oid = (++oids).toString(16).padStart(40, '0')
    const file = { path, mode: '100644', oid, unmerged: false }
    if (blob === null) files.set(path, { ...file, mode: null, oid: null })
    else if (Buffer.isBuffer(blob)) {
      files.set(path, file)
      contents.set(path, blob)
    } else files.set(path, { ...file, ...blob })
  }
  const place: Side['place'] =
    name === null ? { kind: 'index', policy: 'work tree' } : { kind: 'commit', commit: '0'.repeat(40), name }
  return { side: { place, policy, files, open: new Set(open.map(textPath)) } satisfies Side, contents }
}

async function* listed(policies: readonly Policy[]) {
  yield* policies
}

function matrixOf(
  now: ReturnType<typeof sideOf>,
  before: Side | null = null,
  earlier: readonly Policy[] = [],
): Promise<AccessMatrix> {
  return buildMatrix({
    now: now.side,
    before,
    inScope: () => true,
    facts: async ({ path }) => {
      const bytes = now.contents.get(path)
      return bytes === undefined ? null : factsOf(path, bytes, bytes.length)
    },
    sets: new ReaderSets(now.side.policy, listed(earlier)),
    own: new Set([KEYS.alice]),
  })
}

/** Path → state and cells, as `sealed alice:reads bob:pending`. */
function shown({ secrets, readers }: AccessMatrix): Record<string, string> {
  return Object.fromEntries(
    secrets.map(({ path, state, cells }) => [
      path,
      [state, ...cells.flatMap((cell, i) => (cell === 'none' ? [] : [`${readers[i]?.label}:${cell}`]))].join(
        ' ',
      ),
    ]),
  )
}

test('a blob says, without a key, how it stands to the policy', async () => {
  const now = policyOf(['alice', 'web'], {
    '/secrets/none.yaml': ['bob', 'web'],
    '/secrets/wide': ['alice', 'bob', 'db'],
  })
  const then = policyOf(['alice', 'carol', 'web'])
  const never = policyOf(['bob', 'db'])
  const fitting = await sealed(now, 'secrets/fits')
  const damaged = fitting.subarray(0, 150)
  const matrix = await matrixOf(
    sideOf(now, {
      'secrets/fits': fitting,
      'secrets/former': await sealed(then, 'secrets/former'),
      'secrets/wide': await sealed(policyOf(['alice', 'web']), 'secrets/wide'),
      'secrets/who': await sealed(never, 'secrets/who'),
      'secrets/foreign': await sealed(now, 'secrets/foreign', true),
      'secrets/plain': Buffer.from('plaintext'),
      'secrets/empty': Buffer.alloc(0),
      'secrets/new': null,
      'secrets/damaged': damaged,
      'secrets/link': { mode: '120000' },
      'secrets/module': { mode: '160000' },
      'secrets/conflict': { unmerged: true },
    }),
    null,
    [then],
  )
  assert.equal(shown(matrix), {
    'secrets/conflict': 'unmerged alice:unknown web:unknown',
    'secrets/damaged': 'damaged alice:unknown web:unknown',
    'secrets/empty': 'empty alice:reads web:reads',
    'secrets/fits': 'sealed alice:reads web:reads',
    // An X25519 stanza is anybody's; an SSH stanza names its key.
    'secrets/foreign': 'no-digest alice:unknown web:reads',
    'secrets/former': 'stale alice:reads carol:former web:reads',
    'secrets/link': 'not-a-file alice:unknown web:unknown',
    'secrets/module': 'not-a-file alice:unknown web:unknown',
    'secrets/new': 'untracked alice:pending web:pending',
    'secrets/plain': 'plaintext alice:pending web:pending',
    // No policy has this set: but web has no stanza there, and db has one.
    'secrets/who': 'stale alice:unknown web:pending db:former',
    'secrets/wide': 'stale alice:reads bob:pending web:former db:pending',
  })
  assert.match(matrix.secrets.find(({ path }) => path === 'secrets/damaged')?.reason ?? '', /^age /)
  assert.is(summarize(matrix).former, 3)
  assert.equal(
    matrix.readers.map(({ label, own }) => [label, own]).filter(([, own]) => own),
    [['alice', true]],
  )
})

test('a digest that the stanzas belie is not believed', async () => {
  const policy = policyOf(['alice', 'web'])
  const { stanza } = readersFor(policy, textPath('x'))
  const liar = readersFor(policyOf(['bob', 'carol', 'db']), textPath('x'))
  const blob = sealBytes(await prepareHeader(liar.recipients, [stanza]), Buffer.from('x'))
  assert.equal(shown(await matrixOf(sideOf(policy, { x: blob }))), {
    x: 'stale alice:unknown web:pending db:former',
  })
})

test('nobody is named, keys of plugins, two names of one key', async () => {
  const keys = { ...KEYS, alice2: KEYS.alice, yubi: encodeBech32('age1yubikey', Buffer.alloc(33, 3)) }
  const policy = policyOf(['alice', 'alice2'], { '/p': ['alice', 'yubi'] }, '', keys)
  const rest = policyFrom(
    `version = 1\n[recipients]\nalice = "${KEYS.alice}"\n[[rule]]\npaths = ["/only"]\nto = ["alice"]\n`,
  )
  const blob = await sealed(policyOf(['alice']), 'a')
  const matrix = await matrixOf(sideOf(policy, { a: blob, p: blob }))
  assert.equal(shown(matrix), { a: 'sealed alice:reads', p: 'stale alice:reads yubi:pending' })
  assert.equal(matrix.readers[0]?.names, ['alice', 'alice2'])
  assert.equal(shown(await matrixOf(sideOf(rest, { other: blob, gone: null }))), {
    gone: 'no-reader',
    other: 'no-reader alice:former',
  })
  assert.equal(shown(await matrixOf(sideOf(null, { other: blob }))), { other: 'no-reader' })
})

test('a SOPS document says for whom it is, and the format counts', async () => {
  const rules = { '/s.yaml': ['alice', 'web'] }
  const sops = policyFrom(
    `version = 1\n[recipients]\n${Object.entries(KEYS)
      .map(([name, key]) => `${name} = "${key}"`)
      .join('\n')}\n[[rule]]\npaths = ["*"]\nto = ["alice", "web"]\nformat = "sops"\n`,
  )
  const documentFor = (policy: Policy) =>
    sealSops(textPath('s.yaml'), Buffer.from('a: b\n'), readersFor(policy, textPath('s.yaml')), {
      documents: [],
      identities: [],
    })
  const fits = await documentFor(sops)
  const { carol: _, ...left } = KEYS
  const without = policyFrom(
    `version = 1\n[recipients]\n${Object.entries(left)
      .map(([name, key]) => `${name} = "${key}"`)
      .join('\n')}\n[default]\nto = ["alice", "db"]\nformat = "sops"\n`,
  )
  assert.equal(
    shown(
      await matrixOf(
        sideOf(sops, { 's.yaml': fits, 'a.yaml': await sealed(policyOf(['alice', 'web']), 'a') }),
      ),
    ),
    {
      'a.yaml': 'other-format alice:reads web:reads',
      's.yaml': 'sealed alice:reads web:reads',
    },
  )
  assert.equal(shown(await matrixOf(sideOf(policyOf(['bob'], rules), { 's.yaml': fits }))), {
    's.yaml': 'other-format alice:reads web:reads',
  })
  // Who is in no policy any more goes by the name that an earlier one has.
  const gone = await documentFor(policyOf(['alice', 'carol', 'web']))
  assert.equal(shown(await matrixOf(sideOf(without, { 's.yaml': gone }), null, [policyOf(['bob'])])), {
    's.yaml': 'stale alice:reads web:former db:pending carol:former',
  })
})

test('what changed: readers by key, secrets that came, went, moved, or lost their protection', async () => {
  const swapped = { ...KEYS, bob: newKey() }
  const groups = '[groups]\nfront = ["web"]'
  const wider = '[groups]\nfront = ["web", "db"]'
  const before = policyOf(
    ['alice', 'bob'],
    { '/secrets/web/*': ['alice', '@front'], '/secrets/w*': ['alice'] },
    groups,
  )
  const after = policyOf(
    ['alice', 'bob'],
    { '/secrets/web/*': ['alice', '@front'], '/secrets/w*': ['alice'] },
    wider,
    swapped,
  )
  const blob = await sealed(before, 'x')
  const old = sideOf(
    before,
    {
      'secrets/a': blob,
      'secrets/web/k': blob,
      'secrets/old': { oid: 'f'.repeat(40) },
      'secrets/lost': blob,
      'secrets/open': blob,
      'secrets/we': blob,
    },
    'v1',
    ['secrets/late'],
  )
  const now = sideOf(
    after,
    {
      'secrets/a': blob,
      'secrets/web/k': blob,
      'secrets/web/moved': { oid: 'f'.repeat(40) },
      'secrets/new': blob,
      'secrets/late': blob,
      'secrets/we': blob,
    },
    null,
    ['secrets/open'],
  )
  const matrix = await matrixOf(now, old.side, [before])
  const name = (at: number) => matrix.readers[at]?.label
  const changes = matrix.secrets.map((row) =>
    [row.path, row.change, row.gained.map(name).join(), row.lost.map(name).join()].join(' '),
  )
  const former = `bob …${KEYS.bob.slice(-8)}`
  assert.equal(changes, [
    `secrets/a readers bob ${former}`,
    'secrets/late protected alice,bob ',
    `secrets/lost gone  alice,${former}`,
    'secrets/new new alice,bob ',
    `secrets/open unprotected  alice,${former}`,
    'secrets/we   ',
    'secrets/web/k readers db ',
    `secrets/web/moved moved web,db ${former}`,
  ])
  assert.is(matrix.secrets.find(({ path }) => path === 'secrets/web/moved')?.from, 'secrets/old')
  assert.is(matrix.secrets.find(({ path }) => path === 'secrets/open')?.state, 'unprotected')
  const { otherKeys, gained, lost, changes: counts } = summarize(matrix)
  assert.equal(
    otherKeys.map((other) => [other.name, name(other.then), name(other.now)]),
    [['bob', former, 'bob']],
  )
  assert.equal(
    gained.map(({ reader, secrets }) => [name(reader), secrets]),
    [
      ['bob', 1],
      ['web', 1],
      ['db', 2],
    ],
  )
  assert.equal(
    lost.map(({ reader, secrets }) => [name(reader), secrets]),
    [[former, 2]],
  )
  assert.equal(
    [...counts],
    [
      ['readers', 2],
      ['protected', 1],
      ['gone', 1],
      ['new', 1],
      ['unprotected', 1],
      ['moved', 1],
    ],
  )
  // The blob of a is still sealed for the key that lost it.
  assert.is(shown(matrix)['secrets/a'], `stale alice:reads bob:pending ${former}:former`)
})

test('another rule comes first: who reads it now gained it', async () => {
  const one = policyOf(['alice'], { '/s/x': ['bob'], '/s/*': ['bob', 'db'] })
  const other = policyOf(['alice'], { '/s/*': ['bob', 'db'], '/s/x': ['bob'] })
  const blob = await sealed(one, 's/x')
  const matrix = await matrixOf(sideOf(other, { 's/x': blob }), sideOf(one, { 's/x': blob }, 'HEAD').side)
  assert.equal(
    matrix.secrets.map(({ change, gained }) => [change, gained.map((at) => matrix.readers[at]?.label)]),
    [['readers', ['db']]],
  )
})

test('groups are one column where all of their members stand the same', async () => {
  const groups =
    '[groups]\npair = ["alice", "bob"]\nall = ["@pair", "carol"]\nmixed = ["web", "db"]\none = ["web"]'
  const policy = policyOf(['@all'], { '/web': ['@all', 'web'] }, groups)
  const both = { a: await sealed(policy, 'a'), web: await sealed(policy, 'web') }
  const matrix = await matrixOf(sideOf(policy, both))
  assert.equal(
    foldReaders(matrix).map(({ label, members }) => `${label}:${members}`),
    ['@all:0,1,2', 'web:3'],
  )
  assert.equal(
    foldReaders(matrix, new Set([0, 1])).map(({ label }) => label),
    ['@pair'],
  )
  // One of them is not sealed for yet: no longer the same.
  const narrow = policyOf(['alice', 'bob'])
  const stale = { ...both, a: await sealed(narrow, 'a') }
  assert.equal(
    foldReaders(await matrixOf(sideOf(policy, stale), null, [narrow])).map(({ label }) => label),
    ['@pair', 'carol', 'web'],
  )
})

test('a page is not poured into a terminal', async () => {
  const { isTTY } = process.stdout
  try {
    process.stdout.isTTY = true
    await run(['--format', 'html'])
    assert.unreachable()
  } catch (fault) {
    assert.equal((fault as NixsecretError).hints, ['git nixsecret access --format html > access.html'])
  } finally {
    process.stdout.isTTY = isTTY
  }
})

test.run()
