import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { stringify } from 'yaml'
import { parseIdentityFile } from '../../src/age/identity-file.ts'
import { inspectFile } from '../../src/blob/inspect-file.ts'
import { wantedFor } from '../../src/blob/judge-file.ts'
import { openFile } from '../../src/blob/open-file.ts'
import { policyFrom } from '../../src/blob/policy-from.ts'
import { judgeSopsReaders, sealSops, sopsDigest, sopsHolding, sopsShape } from '../../src/blob/sops-files.ts'
import { textPath } from '../../src/byte-path.ts'

// Keys of tests, and of nothing else.
const ALICE = 'AGE-SECRET-KEY-1NJT5YCS2LWU4V4QAJQ6R4JNU7LXPDX602DZ9NUFANVU5GDTGUWCQ5T59M6'
const KEY_FILE = new URL('../age/ssh-to-age/id_ed25519.pub', import.meta.url)
const SSH = readFileSync(KEY_FILE, 'utf8').trim().split(' ').slice(0, 2).join(' ')
const OTHER = 'age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z'
const alice = await parseIdentityFile(Buffer.from(`${ALICE}\n`), 'alice', async () => null)
const PATH = textPath('secrets/a.yaml')

const readersOf = (to: string) =>
  wantedFor(
    policyFrom(`version = 1
[recipients]
alice = "${alice[0]?.recipient}"
host  = "${SSH} root@host"
other = "${OTHER}"
[default]
to = [${to}]
format = "sops"
`),
    PATH,
  ).readers

const both = readersOf('"alice", "host"')
const NONE = { documents: [], identities: [] }
const metadataOf = (document: Buffer) => {
  const shape = sopsShape(PATH, document)
  if (shape?.kind !== 'sops') throw new Error(shape?.reason ?? 'no document')
  return shape.metadata
}

test('a document says whom it is for, an SSH key in two forms or one', async () => {
  const document = await sealSops(PATH, Buffer.from('a: b\n'), both, NONE)
  const metadata = metadataOf(document)
  const kinds = metadata.age.map(({ recipient }) => recipient.slice(0, 4))
  assert.equal(kinds, ['age1', 'age1', 'ssh-'])
  assert.is(sopsDigest(metadata), both.digest)
  assert.is(judgeSopsReaders(metadata, both).verdict, 'fits')
  for (const left of [1, 2]) {
    const age = metadata.age.filter((_, i) => i !== left)
    assert.is(judgeSopsReaders({ ...metadata, age }, both).verdict, 'fits')
  }
  const missing = judgeSopsReaders({ ...metadata, age: metadata.age.slice(0, 1) }, both)
  assert.equal([missing.verdict, missing.missing.map(({ canonical }) => canonical)], ['stale', [SSH]])
  const fewer = judgeSopsReaders(metadata, readersOf('"alice"'))
  assert.equal([fewer.verdict, fewer.strangers.length], ['stale', 2])
  const pgp = judgeSopsReaders({ ...metadata, otherKeys: ['pgp'] }, both)
  assert.equal([pgp.verdict, pgp.strangers], ['stale', ['pgp']])
  // An entry that says one key and is sealed for another kind.
  const [first, second, third] = metadata.age
  const swapped = [
    first,
    { recipient: second?.recipient ?? '', enc: third?.enc ?? '' },
  ] as typeof metadata.age
  assert.is(judgeSopsReaders({ ...metadata, age: swapped }, both).verdict, 'stale')
})

test('the same readers keep the data key and what did not change, others get a new one', async () => {
  const text = Buffer.from('a: one\nb: two\n')
  const first = await sealSops(PATH, text, both, NONE)
  const earlier = { documents: [first], identities: alice }
  assert.is(await sealSops(PATH, text, both, earlier), first)
  assert.is(await sopsHolding(PATH, text, earlier), first)
  assert.is(await sopsHolding(PATH, Buffer.from('a: one\n'), earlier), null)
  const line = (document: Buffer, key: string) =>
    new RegExp(`^${key}: ENC.*$`, 'm').exec(document.toString())?.[0]
  const second = await sealSops(PATH, Buffer.from('a: one\nb: three\n'), both, earlier)
  assert.is(line(second, 'a'), line(first, 'a'))
  assert.is.not(line(second, 'b'), line(first, 'b'))
  assert.equal(metadataOf(second).age, metadataOf(first).age)
  const other = await sealSops(PATH, text, readersOf('"alice"'), earlier)
  assert.is.not(line(other, 'a'), line(first, 'a'))
  assert.is(metadataOf(other).age.length, 1)
  // Two sides of a merge.
  const third = await sealSops(PATH, Buffer.from('a: four\nb: two\n'), both, earlier)
  const merged = await sealSops(PATH, Buffer.from('a: four\nb: three\n'), both, {
    documents: [third, second, first],
    identities: alice,
  })
  assert.is(line(merged, 'a'), line(third, 'a'))
  assert.is(line(merged, 'b'), line(second, 'b'))
  const opened = await openFile(PATH, merged, alice)
  assert.is(opened.state === 'open' && opened.plaintext.toString(), 'a: four\nb: three\n')
})

test('what is altered without a key is named, and does not open', async () => {
  const document = await sealSops(PATH, Buffer.from('a: one\nb: two\n'), both, NONE)
  const text = document.toString()
  const open = Buffer.from(text.replace(/^a: .*$/m, 'a: plain'))
  assert.is(sopsShape(PATH, open)?.kind, 'broken')
  assert.is(inspectFile(PATH, open, open.length).kind, 'plaintext')
  assert.is((await openFile(PATH, open, alice)).state, 'damaged')
  const gone = Buffer.from(text.replace(/^a: .*\n/m, ''))
  assert.is((await openFile(PATH, gone, alice)).state, 'damaged')
  assert.is((await openFile(PATH, document, [])).state, 'locked')
  const words = Buffer.from('# how ENC[AES256_GCM, in sops looks\n')
  assert.is(inspectFile(PATH, words, words.length).kind, 'plaintext')
  assert.is((await openFile(PATH, words, alice)).state, 'plaintext')
})

test('whatever can be sealed opens to what it was, is known for ciphertext, and is the same again', async () => {
  const scalar = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  )
  const key = fc.string({ minLength: 1, maxLength: 8 }).filter((name) => !/^sops|_unencrypted$/.test(name))
  const { tree } = fc.letrec((tie) => ({
    tree: fc.dictionary(
      key,
      fc.oneof({ maxDepth: 3 }, scalar, fc.array(scalar, { maxLength: 4 }), tie('tree')),
      { minKeys: 1, maxKeys: 4 },
    ),
  }))
  await fc.assert(
    fc.asyncProperty(tree, fc.constantFrom('yaml', 'flow', 'json'), async (value, style) => {
      const path = textPath(style === 'json' ? 'a.json' : 'a.yaml')
      const text =
        style === 'json'
          ? JSON.stringify(value)
          : stringify(value, style === 'flow' ? { collectionStyle: 'flow' } : {})
      let document: Buffer
      try {
        document = await sealSops(path, Buffer.from(text), both, NONE)
      } catch {
        // What SOPS can't hold is refused, and never stored.
        return
      }
      const opened = await openFile(path, document, alice)
      if (opened.state !== 'open') throw new Error(opened.state)
      const again = await sealSops(path, opened.plaintext, both, { documents: [document], identities: alice })
      assert.ok(again.equals(document))
      const values = (document.toString().match(/ENC\[/g)?.length ?? 0) - 1
      if (values > 0) assert.is(inspectFile(path, document, document.length).kind, 'sops', text)
    }),
    { numRuns: 150 },
  )
})

test.run()
