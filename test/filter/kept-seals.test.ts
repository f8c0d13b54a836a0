import { randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Memo } from '../../src/blob/memo.ts'
import { KeptSeals } from '../../src/filter/kept-seals.ts'
import type { Seal } from '../../src/filter/seal-as.ts'
import { Sandbox } from '../support/sandbox.ts'

const box = new Sandbox('nixsecret-kept-seals')
process.env.XDG_STATE_HOME = box.path('state')
let count = 0
const place = () => box.path(`repo-${count++}`, 'nixsecret')
const open = (at: string) => new KeptSeals(at, new Memo(at))
const seal = (size = 200): Seal => ({
  fileKey: randomBytes(16),
  nonce: randomBytes(16),
  bytes: randomBytes(size),
})
const hash = (n: number) => Buffer.alloc(32, n.toString())

/** Keeps and writes down, as one git command does. */
function keep(at: string, from: number, to: number, size?: number): Map<number, Seal> {
  const seals = open(at)
  const made = new Map<number, Seal>()
  for (let n = from; n < to; n++) {
    const one = seal(size)
    made.set(n, one)
    seals.keep(hash(n), 'readers', one)
  }
  seals.save()
  return made
}

test('a seal is found for its plaintext and readers alone, here and in the next process', () => {
  const at = place()
  const one = seal()
  const seals = open(at)
  seals.keep(hash(1), 'readers', one)
  const look = (from: KeptSeals) => {
    assert.equal(from.find(hash(1), 'readers'), one)
    assert.is(from.find(hash(1), 'others'), null)
    assert.is(from.find(hash(2), 'readers'), null)
  }
  look(seals)
  assert.not(existsSync(join(at, 'seals')), 'written before the end')
  seals.save()
  look(open(at))
  assert.is(statSync(join(at, 'seals')).mode & 0o777, 0o600)
  const written = readFileSync(join(at, 'seals'))
  for (const secret of [one.fileKey, one.nonce, hash(1)]) assert.not(written.includes(secret))
  open(at).save()
  assert.equal(readFileSync(join(at, 'seals')), written, 'nothing new, nothing written')
})

test('a copy of the git directory opens nothing without the key of the memo', () => {
  const at = place()
  keep(at, 1, 2)
  const key = box.path('state/git-nixsecret/memo.key')
  const own = readFileSync(key)
  writeFileSync(key, randomBytes(32))
  assert.is(open(at).find(hash(1), 'readers'), null)
  writeFileSync(key, own)
  assert.ok(open(at).find(hash(1), 'readers'))
})

test('where no key can be had it is kept for this process', () => {
  process.env.XDG_STATE_HOME = '/dev/null'
  try {
    const at = place()
    const seals = open(at)
    const one = seal()
    seals.keep(hash(1), 'readers', one)
    assert.is(seals.find(hash(1), 'readers'), one)
    seals.save()
    assert.not(existsSync(at))
  } finally {
    process.env.XDG_STATE_HOME = box.path('state')
  }
})

test('in memory: bounded, the oldest go first', () => {
  const seals = open(place())
  const size = 1 << 19
  for (let n = 1; n <= 9; n++) seals.keep(hash(n), 'readers', seal(size))
  const found = [1, 2, 3, 4, 5, 6, 7, 8, 9].filter((n) => seals.find(hash(n), 'readers') !== null)
  assert.equal(found, [3, 4, 5, 6, 7, 8, 9])
})

test('thousands of small ones are kept, and the newest written down', () => {
  const at = place()
  const seals = open(at)
  const name = (n: number) => Buffer.from(n.toString().padStart(32, '0'))
  for (let n = 0; n < 5000; n++) seals.keep(name(n), 'readers', seal())
  assert.ok(seals.find(name(0), 'readers'))
  seals.save()
  const next = open(at)
  assert.is(next.find(name(4743), 'readers'), null)
  for (let n = 4744; n < 5000; n++) assert.ok(next.find(name(n), 'readers'), String(n))
})

test('on disk: bounded, the newer half stays; what is huge is left out', () => {
  const at = place()
  let last = new Map<number, Seal>()
  for (let round = 0; round < 60; round++) {
    last = keep(at, round, round + 1, 20_000)
    assert.ok(statSync(join(at, 'seals')).size < (1 << 19) + 50_000)
  }
  assert.equal(open(at).find(hash(59), 'readers'), last.get(59) as Seal)
  assert.ok(open(at).find(hash(50), 'readers'))
  assert.is(open(at).find(hash(1), 'readers'), null)
  keep(at, 70, 71, 1 << 17)
  assert.is(open(at).find(hash(70), 'readers'), null)
  assert.ok(open(at).find(hash(59), 'readers'))
})

test('a damaged file costs what is damaged, and is whole again after the next writing', () => {
  const make = () => {
    const at = place()
    const made = keep(at, 1, 4)
    const file = join(at, 'seals')
    return { at, made, file, content: readFileSync(file) }
  }
  const damages: Record<string, (content: Buffer) => Buffer> = {
    empty: () => Buffer.alloc(0),
    random: (content) => randomBytes(content.length),
    'cut short': (content) => content.subarray(0, -7),
    'a byte lost': (content) => content.subarray(1),
    'zeros behind': (content) => Buffer.concat([content, Buffer.alloc(99)]),
    'a bit flipped': (content) => {
      content[100] = (content[100] as number) ^ 1
      return content
    },
  }
  for (const [what, damage] of Object.entries(damages)) {
    const { at, made, file, content } = make()
    writeFileSync(file, damage(content))
    for (const [n, one] of made) {
      const found = open(at).find(hash(n), 'readers')
      if (found !== null) assert.equal(found, one, what)
    }
    const next = keep(at, 5, 7)
    for (const [n, one] of next) assert.equal(open(at).find(hash(n), 'readers'), one, what)
  }
  const { at, made, file } = make()
  appendFileSync(file, 'x')
  for (const [n, one] of made) assert.equal(open(at).find(hash(n), 'readers'), one)
  rmSync(file)
  mkdirSync(file)
  assert.is(open(at).find(hash(1), 'readers'), null)
  keep(at, 1, 2)
})

test.run()
