import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { dearmor } from '../../src/age/armor.ts'
import { parseIdentityFile } from '../../src/age/identity-file.ts'
import { openBytes } from '../../src/age/open.ts'
import { decryptSops } from '../../src/sops/decrypt-sops.ts'
import { encryptSops } from '../../src/sops/encrypt-sops.ts'
import { sopsKind } from '../../src/sops/sops-kind.ts'
import { readSopsMetadata } from '../../src/sops/sops-metadata.ts'

const read = (name: string) => readFileSync(new URL(`real/${name}`, import.meta.url))
const keys = JSON.parse(read('keys.json').toString()) as Record<string, string>
const age = [{ recipient: 'age1somebody', enc: 'not looked at\n' }]
const lastModified = new Date('2030-01-02T03:04:05Z')

for (const [name, hex] of Object.entries(keys))
  test(`${name} of the real sops opens, and stays as it is`, () => {
    const kind = sopsKind(name)
    const document = read(name)
    const dataKey = Buffer.from(hex, 'hex')
    const metadata = readSopsMetadata(document, kind)
    assert.ok(metadata !== null)
    assert.equal(metadata.age, [])
    assert.equal(metadata.otherKeys.includes('pgp'), true)
    const plain = decryptSops(document, kind, dataKey)
    const text = Buffer.from(plain).toString()
    assert.not.match(text, /ENC\[|sops_|lastmodified/)
    // With a key of age beside the others, values keep their ciphertext, and only metadata change.
    const options = { dataKey, age, lastModified }
    const more = encryptSops(plain, kind, { ...options, previous: [{ document }] })
    assert.equal(Buffer.from(decryptSops(more, kind, dataKey)).toString(), text)
    assert.equal(readSopsMetadata(more, kind)?.otherKeys, metadata.otherKeys)
    assert.equal(readSopsMetadata(more, kind)?.mac, metadata.mac)
    const values = (bytes: Uint8Array) =>
      Buffer.from(bytes)
        .toString()
        .match(/ENC\[[^\]]*\]/g)
    assert.equal(new Set(values(more)), new Set(values(document)))
    assert.equal(encryptSops(plain, kind, { ...options, previous: [{ document: more }] }), more)
    // Under another data key what the other keys hold would be worth nothing.
    const other = { ...options, dataKey: Buffer.alloc(32, 7), previous: [{ document, dataKey }] }
    assert.throws(() => encryptSops(plain, kind, other), /new data key, which its .*pgp.* keys do not hold/)
    const fresh = encryptSops(plain, kind, { ...other, dropOtherKeys: true })
    assert.equal(readSopsMetadata(fresh, kind)?.otherKeys, [])
    assert.equal(Buffer.from(decryptSops(fresh, kind, other.dataKey)).toString(), text)
    assert.throws(() => decryptSops(fresh, kind, dataKey), /does not open|MAC/)
  })

test('secrets.yaml of the real sops opens with its age key, and says what the real sops says', async () => {
  const document = read('secrets.yaml')
  const metadata = readSopsMetadata(document, 'yaml')
  assert.ok(metadata !== null)
  const [key] = await parseIdentityFile(read('age-keys.txt'), 'age-keys.txt', async () => null)
  assert.ok(key !== undefined)
  const entry = metadata.age.find(({ recipient }) => recipient === key.recipient)
  const dataKey = await openBytes(dearmor(Buffer.from(entry?.enc ?? '')), [key])
  assert.ok(dataKey !== null)
  const plain = decryptSops(document, 'yaml', dataKey)
  const expected =
    'test_key: test_value\na_list:\n    - e1\n    - e3\nnested:\n    test:\n        file: another value\n'
  assert.equal(Buffer.from(plain).toString(), expected)
  const options = { dataKey, age: metadata.age, lastModified, previous: [{ document }] }
  assert.equal(encryptSops(plain, 'yaml', options), document)
  // One value changes: its line does, and time and MAC, in place.
  const edited = encryptSops(Buffer.from(expected.replace('e3', 'e4')), 'yaml', options)
  const lines = (bytes: Uint8Array) => Buffer.from(bytes).toString().split('\n')
  const before = lines(document)
  const changed = lines(edited).filter((line, i) => line !== before[i])
  assert.equal(lines(edited).length, before.length)
  assert.equal(
    changed.map((line) => line.trim().slice(0, 12)),
    ['- ENC[AES256', 'lastmodified', 'mac: ENC[AES'],
  )
})

test('what example documents of the real sops hold', () => {
  const open = (name: string) =>
    Buffer.from(decryptSops(read(name), sopsKind(name), Buffer.from(keys[name] as string, 'hex'))).toString()
  assert.equal(
    open('comments.enc.yaml'),
    '# first comment in file\nlorem: ipsum\n# this-is-a-comment\ndolor: sit\n',
  )
  assert.equal(open('format.enc.env'), 'foo = bar\n')
  assert.equal(open('format-2.enc.ini'), '[foo]\nbar = baz\n')
  assert.match(
    open('secrets.env'),
    /^# This is an example file\.\n(?:.*\n)*example_multiline=foo\\nbar\\nbaz$/m,
  )
  assert.match(open('secrets.ini'), /^; This is an example file\.\n\[Welcome!\]\n/)
  assert.equal(open('secrets.json'), '{\n\t"test_key": "test_value"\n}')
  assert.match(open('example.yaml'), /\n {4}key: \|\n {8}-----BEGIN RSA PRIVATE KEY-----\n/)
  assert.match(open('example.yaml'), /\n {16}# by adding the `_unencrypted` suffix\n/)
  assert.match(open('example.json'), /"age": 25\.4,/)
  assert.match(open('example.txt'), /^Welcome to SOPS!\n/)
})

test.run()
