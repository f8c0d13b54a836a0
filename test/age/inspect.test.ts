import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { dearmor, enarmor, isArmored } from '../../src/age/armor.ts'
import { type BlobShape, beginsAsAge, inspectBlob } from '../../src/age/inspect.ts'
import { openBytes } from '../../src/age/open.ts'
import { parseRecipient } from '../../src/age/recipient.ts'
import { prepareHeader, sealBytes } from '../../src/age/seal.ts'
import { x25519Identity } from '../../src/age/x25519-identity.ts'
import { NixsecretError } from '../../src/errors.ts'

const identity = x25519Identity(Buffer.alloc(32, 5), 'test')
const recipient = parseRecipient(identity.recipient as string)
const OURS = { args: ['git-nixsecret/v1', 'Vg7EizEiThzt1E2XQySBww'], body: Buffer.alloc(0) }
const seal = async (plain: string | Buffer) =>
  sealBytes(await prepareHeader([recipient], [OURS]), Buffer.from(plain as string))
const inspect = (blob: Buffer, head = blob.length) => inspectBlob(blob.subarray(0, head), blob.length)
const reason = (shape: BlobShape) => (shape.kind === 'broken' ? shape.reason : shape.kind)

test('empty, plaintext, age', async () => {
  assert.equal(inspect(Buffer.alloc(0)), { kind: 'empty' })
  for (const text of [
    'x',
    'age-encryption.org/',
    'age-encryption.org/vx\n',
    'age-encryption.org/v1x',
    ' age-encryption.org/v1\n',
  ])
    assert.equal(inspect(Buffer.from(text)), { kind: 'plaintext' }, text)
  for (const size of [0, 1, 65_536, 65_537, 200_000]) {
    const blob = await seal(Buffer.alloc(size))
    for (const shape of [inspect(blob), inspect(blob, 2000), inspect(enarmor(blob))]) {
      assert.ok(shape.kind === 'age', reason(shape))
      assert.is(shape.plaintextSize, size)
      assert.equal(
        shape.header.stanzas.map(({ args }) => args[0]),
        ['X25519', 'git-nixsecret/v1'],
      )
      assert.equal(shape.header.stanzas[1], OURS)
    }
    assert.ok((inspect(enarmor(blob)) as { armored: boolean }).armored)
  }
})

test('the first line decides whether it begins as age', () => {
  const yes = [
    'age-encryption.org/v1',
    'age-encryption.org/v1\n',
    'age-encryption.org/v1\r\nx',
    'age-encryption.org/v23\nx',
  ]
  const armored = '-----BEGIN AGE ENCRYPTED FILE-----'
  for (const text of [...yes, armored, `${armored}\n`, `${armored}\r\n`])
    assert.ok(beginsAsAge(Buffer.from(text)), text)
  for (const text of [
    '',
    'age',
    'age-encryption.org/v1 ',
    'age-encryption.org/v\n',
    `${armored} `,
    `x${armored}`,
    `${armored}\rx`,
  ])
    assert.not(beginsAsAge(Buffer.from(text)), text)
})

test('broken, and why', async () => {
  const blob = await seal('secret')
  const text = (from: string) => Buffer.from(from)
  const cases: [Buffer, RegExp][] = [
    [text('age-encryption.org/v1'), /ends before its MAC/],
    [text('age-encryption.org/v1\nnotes about age\n'), /ends before its MAC/],
    [text('age-encryption.org/v1\r\n-> X25519'), /CRLF/],
    [text('age-encryption.org/v2\n'), /version 1/],
    [blob.subarray(0, 100), /ends before its MAC/],
    [blob.subarray(0, blob.length - 7), /impossible length/],
    [Buffer.concat([blob, Buffer.alloc(65_531)]), /impossible length/],
    [text('-----BEGIN AGE ENCRYPTED FILE-----\nx'), /armor/],
    [enarmor(blob).subarray(0, -9), /armor/],
    [enarmor(text('hello')), /version 1/],
    [enarmor(blob.subarray(0, blob.length - 7)), /impossible length/],
  ]
  for (const [bytes, message] of cases) assert.match(reason(inspect(bytes)), message)
  assert.match(reason(inspect(blob, 30)), /only its beginning was read/)
  assert.match(reason(inspect(enarmor(blob), 100)), /only its beginning was read/)
})

test('every altered byte, cut and addition of a whole file is noticed when it is opened', async () => {
  const blob = await seal('a secret')
  const refused = async (bytes: Buffer, how: string) => {
    try {
      const opened = await openBytes(bytes, [identity])
      assert.is(opened, null, how)
    } catch (error) {
      assert.ok(
        error instanceof NixsecretError && error.code === 'format',
        `${how}: ${(error as Error).stack}`,
      )
    }
  }
  for (let i = 0; i < blob.length; i++) {
    for (const flip of [0x01, 0x20, 0x80]) {
      const copy = Buffer.from(blob)
      copy[i] = (copy[i] as number) ^ flip
      await refused(copy, `byte ${i} ^ ${flip}`)
      inspect(copy)
    }
    await refused(blob.subarray(0, i), `cut at ${i}`)
    inspect(blob.subarray(0, i))
    await refused(Buffer.concat([blob.subarray(0, i), Buffer.of(10), blob.subarray(i)]), `line feed at ${i}`)
  }
  for (const more of ['\n', 'X', '\0'.repeat(16), blob]) {
    await refused(Buffer.concat([blob, Buffer.from(more as string)]), 'appended')
  }
  assert.is((await openBytes(blob, [identity]))?.toString(), 'a secret')
})

test('armor: there and back for every length of the last lines, and nothing but the one spelling', async () => {
  for (let size = 0; size < 200; size++) {
    const bytes = Buffer.alloc(size, size)
    assert.ok(dearmor(enarmor(bytes)).equals(bytes))
    assert.ok(isArmored(enarmor(bytes)))
    const crlf = Buffer.from(enarmor(bytes).toString('latin1').replaceAll('\n', '\r\n'))
    assert.ok(dearmor(crlf).equals(bytes))
  }
  const whole = enarmor(await seal('x'))
  for (let i = 0; i < whole.length - 1; i++) {
    if (whole[i] === 0x0a || whole[i] === 0x20) continue
    const copy = Buffer.concat([whole.subarray(0, i), Buffer.from(' '), whole.subarray(i + (i % 2))])
    if (i === 0) assert.ok(dearmor(copy).equals(dearmor(whole)))
    else assert.throws(() => dearmor(copy), /^age armor/, `space at ${i}`)
  }
  const spaces = Buffer.concat([
    Buffer.from('-----BEGIN AGE ENCRYPTED FILE-----\n'),
    Buffer.alloc(1 << 22, 0x20),
    Buffer.from('x'),
  ])
  assert.throws(() => dearmor(spaces), /age armor/)
})

test.run()
