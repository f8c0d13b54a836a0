import {
  Decrypter,
  Encrypter,
  type Identity,
  type Recipient,
  type Stanza as TheirStanza,
} from 'age-encryption'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeHeader, headerMacFits, INTRO, MAX_HEADER_SIZE, parseHeader } from '../../src/age/header.ts'
import { PayloadOpener } from '../../src/age/payload.ts'
import type { Stanza } from '../../src/age/stanza.ts'
import { NixsecretError } from '../../src/errors.ts'

const printable = fc.stringMatching(/^[\x21-\x7e]{1,40}$/)
const body = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  // The lengths at which lines of the body are full.
  fc
    .constantFrom(0, 47, 48, 49, 95, 96, 97)
    .chain((length) => fc.uint8Array({ minLength: length, maxLength: length })),
)
const stanza = fc.record({ args: fc.array(printable, { minLength: 1, maxLength: 5 }), body })
const stanzas = fc.array(stanza, { minLength: 1, maxLength: 6 })
const fileKey = fc.uint8Array({ minLength: 16, maxLength: 16 })

const plain = (list: readonly Stanza[]) =>
  list.map((one) => ({ args: [...one.args], body: Buffer.from(one.body).toString('hex') }))

/** Age-encryption's writer, made to write these stanzas; it picks the file key. */
async function theirFile(list: readonly Stanza[]): Promise<{ file: Buffer; key: Uint8Array }> {
  let key: Uint8Array | undefined
  const recipient: Recipient = {
    wrapFileKey(given) {
      key = Uint8Array.from(given)
      return list as TheirStanza[]
    },
  }
  const encrypter = new Encrypter()
  encrypter.addRecipient(recipient)
  const file = Buffer.from(await encrypter.encrypt('content'))
  return { file, key: key as Uint8Array }
}

test('what age-encryption writes we read, and write byte for byte', async () => {
  await fc.assert(
    fc.asyncProperty(stanzas, async (list) => {
      const { file, key } = await theirFile(list)
      const header = parseHeader(file, true)
      assert.ok(header)
      assert.equal(plain(header.stanzas), plain(list))
      assert.ok(headerMacFits(header, key))
      assert.ok(encodeHeader(list, key).equals(file.subarray(0, header.length)))
      const opener = new PayloadOpener(key)
      const opened = [...opener.update(file.subarray(header.length)), ...opener.final()]
      assert.is(Buffer.concat(opened).toString(), 'content')
    }),
    { numRuns: 150 },
  )
})

test('what we write age-encryption reads', async () => {
  await fc.assert(
    fc.asyncProperty(stanzas, fileKey, async (list, key) => {
      let seen: Stanza[] = []
      const identity: Identity = {
        unwrapFileKey(theirs) {
          seen = theirs
          return key
        },
      }
      const decrypter = new Decrypter()
      decrypter.addIdentity(identity)
      assert.equal(Buffer.from(await decrypter.decryptHeader(encodeHeader(list, key))), Buffer.from(key))
      assert.equal(plain(seen), plain(list))
    }),
    { numRuns: 150 },
  )
})

test('a header cut off needs more, or is refused as the last of a file', () => {
  fc.assert(
    fc.property(stanzas, fileKey, fc.nat(), (list, key, at) => {
      const whole = encodeHeader(list, key)
      const part = whole.subarray(0, at % whole.length)
      assert.is(parseHeader(part, false), null)
      assert.throws(() => parseHeader(part, true), isFormatFault)
      assert.is(parseHeader(Buffer.concat([whole, Buffer.alloc(30, 0x2d)]), false)?.length, whole.length)
    }),
  )
})

test('an altered header is refused, or its MAC does not fit', () => {
  fc.assert(
    fc.property(stanzas, fileKey, fc.nat(), fc.integer({ min: 1, max: 255 }), (list, key, at, flip) => {
      const bytes = encodeHeader(list, key)
      const i = at % bytes.length
      bytes[i] = (bytes[i] as number) ^ flip
      try {
        const header = parseHeader(bytes, true)
        assert.ok(header !== null && !headerMacFits(header, key))
      } catch (error) {
        assert.ok(isFormatFault(error), String((error as Error).stack))
      }
    }),
    { numRuns: 500 },
  )
})

test('any bytes after the first line: a format fault, nothing else', () => {
  const line = fc.oneof(
    fc.constantFrom('', '->', '-> ', '-> x', '-> x  y', '---', '--- ', 'AAAA', 'A'.repeat(64), '\r', '-> é'),
    fc.string({ maxLength: 70 }),
  )
  fc.assert(
    fc.property(fc.array(line, { maxLength: 10 }), (lines) => {
      const bytes = Buffer.from([INTRO, ...lines].join('\n'))
      try {
        assert.ok(parseHeader(bytes, true))
      } catch (error) {
        assert.ok(isFormatFault(error), String((error as Error).stack))
      }
    }),
    { numRuns: 500 },
  )
})

test('sizes are bounded, and what can not be a header is refused at once', () => {
  assert.throws(() => parseHeader(Buffer.from('age-encryption.org/v2'), false), isFormatFault)
  assert.throws(() => parseHeader(Buffer.from('hello'), false), isFormatFault)
  const long = Buffer.concat([Buffer.from(`${INTRO}\n-> `), Buffer.alloc(MAX_HEADER_SIZE, 0x61)])
  assert.throws(() => parseHeader(long, false), /longer than 1048576 bytes/)
  const key = Buffer.alloc(16)
  const many = Array.from({ length: 4097 }, () => ({ args: ['x'], body: Buffer.alloc(0) }))
  assert.throws(() => parseHeader(encodeHeader(many, key), true), /more than 4096 stanzas/)
  assert.is(parseHeader(encodeHeader(many.slice(1), key), true)?.stanzas.length, 4096)
  assert.throws(() => parseHeader(Buffer.from(`${INTRO}\n--- ${'A'.repeat(43)}\n`), true), /no stanzas/)
})

test('stanzas that can not be written are a bug, not a file', () => {
  for (const args of [[], [''], ['a b'], ['a\nb'], ['é']])
    assert.throws(() => encodeHeader([{ args, body: Buffer.alloc(0) }], Buffer.alloc(16)), /printable/)
})

function isFormatFault(error: unknown): boolean {
  return error instanceof NixsecretError && error.code === 'format'
}

test.run()
