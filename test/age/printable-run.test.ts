import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { PrintableRun, printableRun, type TextRun } from '../../src/age/printable-run.ts'

const isText = (byte: number) => (byte >= 32 && byte < 127) || byte === 9 || byte === 10 || byte === 13

/** The rule, said plainly: all texts that are too long for chance. */
function slowly(bytes: Buffer, payloadStart: number): TextRun[] {
  const runs: TextRun[] = []
  for (let i = payloadStart; i < bytes.length; i++) {
    const before = runs.at(-1)
    if (!isText(bytes[i] as number)) continue
    if (before !== undefined && before.offset + before.length === i)
      runs[runs.length - 1] = { offset: before.offset, length: before.length + 1 }
    else runs.push({ offset: i, length: 1 })
  }
  const tail = bytes.length - 4096
  return runs.filter(({ offset, length }) => length >= 32 || offset + length - Math.max(offset, tail) >= 20)
}

function inPieces(bytes: Buffer, payloadStart: number, cuts: readonly number[]): TextRun | null {
  const scan = new PrintableRun()
  let from = 0
  for (const cut of [...cuts.map((at) => at % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    scan.push(bytes.subarray(from, cut))
    from = cut
  }
  return scan.end(payloadStart)
}

/** Bytes that look random and are the same every time. */
function noise(size: number, seed: string): Buffer {
  const parts: Buffer[] = []
  for (let i = 0; i * 64 < size; i++) parts.push(createHash('sha512').update(`${seed} ${i}`).digest())
  return Buffer.concat(parts).subarray(0, size)
}

const HEADER = Buffer.from(`age-encryption.org/v1\n-> X25519 ${'A'.repeat(43)}\n${'B'.repeat(43)}\n--- MAC\n`)

test('what chance gives is no text', () => {
  for (let i = 0; i < 200; i++) {
    const file = Buffer.concat([HEADER, noise(10_000 + i, `chance ${i}`)])
    assert.is(printableRun(file, HEADER.length), null, `seed ${i}`)
  }
  assert.is(printableRun(HEADER, HEADER.length), null)
  assert.is(printableRun(Buffer.alloc(0), 0), null)
})

test('text in the last 4 KiB, 20 bytes and no fewer', () => {
  const zeros = Buffer.concat([HEADER, Buffer.alloc(20_000)])
  const line = (size: number) => Buffer.alloc(size, 'password = x\n')
  const appended = (size: number) => Buffer.concat([zeros, line(size)])
  assert.is(printableRun(appended(19), HEADER.length), null)
  assert.equal(printableRun(appended(20), HEADER.length), { offset: zeros.length, length: 20 })
  const put = (at: number, size: number) => {
    const file = Buffer.from(zeros)
    line(size).copy(file, at)
    return printableRun(file, HEADER.length)
  }
  const tail = zeros.length - 4096
  assert.is(put(tail - 1, 20), null, '19 of them in the tail')
  assert.equal(put(tail, 20), { offset: tail, length: 20 })
  assert.equal(put(tail - 5, 25), { offset: tail - 5, length: 25 })
  assert.is(put(HEADER.length + 1, 31), null)
  assert.equal(put(HEADER.length + 1, 32), { offset: HEADER.length + 1, length: 32 })
})

test('text that follows the header without a gap counts from the header on', () => {
  for (const [size, found] of [
    [19, false],
    [20, true],
  ] as const) {
    const file = Buffer.concat([HEADER, Buffer.alloc(size, 'x'), Buffer.alloc(100)])
    assert.equal(printableRun(file, HEADER.length), found ? { offset: HEADER.length, length: size } : null)
  }
})

test('behind 2 GiB more is asked for', () => {
  const piece = Buffer.alloc(1 << 26)
  const scan = (size: number) => {
    const run = new PrintableRun()
    for (let i = 0; i < 33; i++) run.push(piece)
    run.push(Buffer.alloc(size, 'x'))
    run.push(piece)
    return run.end(0)
  }
  assert.is(scan(33), null)
  assert.equal(scan(34), { offset: 33 * 2 ** 26, length: 34 })
})

// Bytes in runs of text and of no text, around the lengths that decide.
const pieces = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 45 }), fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant(4100))),
  { maxLength: 12 },
)

test('as the rule said plainly has it, in whatever pieces the file comes', () => {
  fc.assert(
    fc.property(pieces, fc.nat(60), fc.array(fc.nat(), { maxLength: 8 }), (runs, start, cuts) => {
      const file = Buffer.concat([
        Buffer.alloc(start, 'h'),
        ...runs.flatMap(([text, gap]) => [Buffer.alloc(text, 'x'), Buffer.alloc(gap, 0xff)]),
      ])
      const expected = slowly(file, start)
      const found = inPieces(file, start, [])
      assert.is(found === null, expected.length === 0)
      assert.ok(
        found === null || expected.some((run) => run.offset === found.offset && run.length === found.length),
      )
      assert.equal(inPieces(file, start, cuts), found)
    }),
    { numRuns: 3000 },
  )
})

test.run()
