import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { PayloadOpener, PayloadSealer, plainSize, sealedSize } from '../../src/age/payload.ts'
import { NixsecretError } from '../../src/errors.ts'

const KEY = Buffer.alloc(16, 3)
const CHUNK = 65_536
const EDGES = [
  0,
  1,
  15,
  16,
  17,
  CHUNK - 1,
  CHUNK,
  CHUNK + 1,
  2 * CHUNK - 1,
  2 * CHUNK,
  2 * CHUNK + 1,
  300_000,
]

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const out: Buffer[] = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] as number
    out.push(bytes.subarray(at, at + size))
    at += size
  }
  return out
}

function seal(plain: Buffer, sizes = [plain.length + 1], nonce?: Buffer): Buffer {
  const sealer = new PayloadSealer(KEY, ...(nonce ? [nonce] : []))
  return Buffer.concat([...cut(plain, sizes).flatMap((piece) => sealer.update(piece)), ...sealer.final()])
}

function open(sealed: Buffer, sizes = [sealed.length + 1]): Buffer {
  const opener = new PayloadOpener(KEY)
  return Buffer.concat([...cut(sealed, sizes).flatMap((piece) => opener.update(piece)), ...opener.final()])
}

test('sizes at the edges of chunks, there and back', () => {
  for (const size of EDGES) {
    const plain = randomBytes(size)
    const sealed = seal(plain)
    assert.is(sealed.length, sealedSize(size))
    assert.is(plainSize(sealed.length), size)
    assert.ok(open(sealed).equals(plain))
  }
})

test('lengths that no payload has', () => {
  for (const size of [-1, 0, 15, 16, 31, 16 + CHUNK + 17, 16 + CHUNK + 31, 16 + CHUNK + 32])
    assert.is(plainSize(size), null, `${size}`)
  const possible = new Set(Array.from({ length: CHUNK + 100 }, (_, size) => sealedSize(size)))
  for (let size = 0; size < CHUNK + 100; size++)
    assert.is(plainSize(size) !== null, possible.has(size), `${size}`)
})

test('however the pieces are cut, the bytes are the same', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(fc.constantFrom(...EDGES), sizes, sizes, (size, forSealing, forOpening) => {
      const [plain, nonce] = [Buffer.alloc(size, size & 255), Buffer.alloc(16, 9)]
      const sealed = seal(plain, forSealing, nonce)
      assert.ok(sealed.equals(seal(plain, undefined, nonce)))
      assert.ok(open(sealed, forOpening).equals(plain))
    }),
    { numRuns: 60 },
  )
})

test('altered, cut off, extended or reordered: never opened, never anything but a format fault', () => {
  const refused = (sealed: Buffer, how: string) => {
    for (const sizes of [undefined, [1000]]) {
      try {
        open(sealed, sizes)
      } catch (error) {
        assert.ok(error instanceof NixsecretError && error.code === 'format', how)
        continue
      }
      assert.unreachable(how)
    }
  }
  for (const size of EDGES) {
    const sealed = seal(randomBytes(size))
    const places = [0, 15, 16, sealed.length - 1, 16 + CHUNK, 16 + CHUNK + 15, 16 + CHUNK + 16]
    for (const place of places.filter((one) => one < sealed.length)) {
      const copy = Buffer.from(sealed)
      copy[place] = (copy[place] as number) ^ 0x80
      refused(copy, `${size}: byte ${place} altered`)
    }
    for (const length of [0, 1, 15, 16, 31, 16 + CHUNK + 16, sealed.length - 1])
      if (length < sealed.length) refused(sealed.subarray(0, length), `${size}: cut at ${length}`)
    for (const more of [1, 16, 17, CHUNK + 16, CHUNK + 17])
      refused(Buffer.concat([sealed, Buffer.alloc(more)]), `${size}: ${more} more`)
    refused(Buffer.concat([sealed, sealed.subarray(16)]), `${size}: doubled`)
  }
  const three = seal(randomBytes(3 * CHUNK))
  const chunk = (i: number) => three.subarray(16 + i * (CHUNK + 16), 16 + (i + 1) * (CHUNK + 16))
  refused(Buffer.concat([three.subarray(0, 16), chunk(1), chunk(0), chunk(2)]), 'reordered')
  refused(Buffer.concat([three.subarray(0, 16), chunk(0), chunk(2)]), 'one left out')
})

test('the fault stays', () => {
  const sealed = seal(randomBytes(10))
  const opener = new PayloadOpener(KEY)
  assert.equal(opener.update(Buffer.concat([sealed, Buffer.alloc(2 * CHUNK)]).subarray(0, 40)), [])
  assert.throws(() => opener.update(Buffer.alloc(2 * CHUNK)), /damaged/)
  assert.throws(() => opener.update(Buffer.alloc(1)), /damaged/)
  assert.throws(() => opener.final(), /damaged/)
})

test('another file key opens nothing', () => {
  const opener = new PayloadOpener(Buffer.alloc(16, 4))
  opener.update(seal(Buffer.from('x')))
  assert.throws(() => opener.final(), /damaged/)
})

test.run()
