import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { textPath } from '../../src/byte-path.ts'
import { EntryScanner, FILE } from '../../src/store/audit/entry-scanner.ts'
import { FileScanner, SMALL } from '../../src/store/audit/file-scanner.ts'
import { MultiSearch } from '../../src/store/audit/multi-search.ts'
import { planSearch } from '../../src/store/audit/search-plan.ts'
import { tellingTexts } from '../../src/store/audit/telling-texts.ts'
import { base64Part, formsAsAttribute, formsInside } from '../../src/store/audit/text-forms.ts'
import { Sandbox } from '../support/sandbox.ts'

const box = new Sandbox('audit-search')

/** The same numbers at each run. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

test('finds what indexOf finds, whatever the needles share', () => {
  const next = random(7)
  const bytes = (length: number, letters: number) =>
    Buffer.from(Array.from({ length }, () => 97 + Math.floor(next() * letters)))
  for (let round = 0; round < 400; round++) {
    const letters = 1 + Math.floor(next() * 4)
    const hay = bytes(Math.floor(next() * 300), letters)
    const needles = Array.from({ length: 1 + Math.floor(next() * 30) }, () =>
      bytes(3 + Math.floor(next() * 12), letters),
    )
    const found = new Set<number>()
    const [from, to] = [Math.floor(next() * 20), hay.length]
    new MultiSearch(needles).search(hay, Math.min(from, to), to, (needle) => found.add(needle))
    const part = hay.subarray(Math.min(from, to))
    const expected = needles.flatMap((needle, at) => (part.includes(needle) ? [at] : []))
    assert.equal(
      [...found].sort((a, b) => a - b),
      expected,
    )
  }
})

test('without needles nothing is found, and too short ones are refused', () => {
  new MultiSearch([]).search(Buffer.from('abc'), 0, 3, () => assert.unreachable())
  assert.throws(() => new MultiSearch([Buffer.from('ab')]))
})

test('a needle across the pieces of a large file, and at both its ends', () => {
  const needles = ['first-needle', 'across-pieces', 'last-needle'].map((text) => Buffer.from(text))
  const scanner = new FileScanner({ needles, wholes: [], paths: [] })
  const file = Buffer.alloc(3 * (1 << 20) + 17, 'x')
  needles[0]?.copy(file, 0)
  needles[2]?.copy(file, file.length - 11)
  for (const shift of [-13, -12, -7, -1, 0]) {
    const copy = Buffer.from(file)
    needles[1]?.copy(copy, 2 * (1 << 20) + shift)
    const path = box.write('large', copy)
    assert.equal([...(scanner.scan(path, 'all')?.needles ?? [])].sort(), [0, 1, 2], String(shift))
  }
})

test('a whole secret is known by its bytes, however large, and only by them', () => {
  const large = Buffer.alloc(2_500_000, 'secret ')
  const secret = { kind: 'secret', path: textPath('s'), allowed: false, below: 's' } as const
  const plan = planSearch([{ secret, version: 'HEAD', bytes: large }], () => true)
  const scanner = new FileScanner(plan)
  const path = box.write('whole', large)
  assert.equal(scanner.scan(path, 'all')?.wholes, [0])
  assert.equal(scanner.scan(path, 'small')?.wholes, [0])
  large[2_499_999] = 0
  writeFileSync(path, large)
  assert.is(scanner.scan(path, 'all'), null)
})

test('of a file that is larger than small only the whole is compared, and that is counted', () => {
  const scanner = new FileScanner({ needles: [Buffer.from('needle-needle')], wholes: [], paths: [] })
  const path = box.write('grown', 'needle-needle')
  truncateSync(path, SMALL)
  assert.ok(scanner.scan(path, 'small'))
  truncateSync(path, SMALL + 1)
  assert.is(scanner.scan(path, 'small'), null)
  assert.is(scanner.unread, 1)
})

test('symlinks are not followed, and what is no file is no fault', () => {
  const store = box.path('odd')
  mkdirSync(store)
  box.write('odd/target', 'needle-needle')
  symlinkSync(join(store, 'target'), join(store, 'link'))
  const scanner = new EntryScanner(
    { needles: [Buffer.from('needle-needle')], wholes: [], paths: [] },
    { store, deep: true },
  )
  for (const name of ['link', 'gone']) scanner.look(name, FILE)
  assert.equal([scanner.hits, scanner.unreadable], [[], []])
})

const texts = (content: string) =>
  tellingTexts(Buffer.from(content)).texts.map(({ text, alone }) => (alone ? `=${text}` : text))

test('a line, and the values in it, are what tells a secret', () => {
  assert.equal(texts('DB_PASSWORD="hunter2-hunter2"\n'), ['hunter2-hunter2', 'DB_PASSWORD="hunter2-hunter2"'])
  assert.equal(texts('  psk: s3cr3tpsk-x  # home\r\nx\n'), [
    's3cr3tpsk-x  # home',
    'psk: s3cr3tpsk-x  # home',
  ])
  assert.equal(texts('{"a":"line-one-1\\nline-two-2","b":1}'), [
    'line-one-1\\nline-two-2',
    'line-one-1',
    'line-two-2',
    '"a":"line-one-1\\nline-two-2","b":1}'.replace(/^/, '{'),
  ])
})

test('what is short or common is looked for as a whole attribute, if it is the secret', () => {
  assert.equal(texts('4711\n'), ['=4711'])
  assert.equal(texts('sunshine\n'), ['=sunshine'])
  assert.equal(texts('user: admin\npassword: sunshine\n'), ['=sunshine', 'password: sunshine'])
  assert.equal(tellingTexts(Buffer.from('user: admin\npassword: sunshine\n')).left, 1)
})

test('what all files of a kind have tells nothing', () => {
  const key =
    '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ\nQyNTUxOQAAACB9f8e7d6c5b4a3\n-----END OPENSSH PRIVATE KEY-----\n'
  assert.equal(texts(key), ['QyNTUxOQAAACB9f8e7d6c5b4a3'])
  assert.equal(texts('---\nstringData:\n  tok: 9f8e7d6c5b\n[Interface]\n==========\n'), [
    '9f8e7d6c5b',
    'tok: 9f8e7d6c5b',
  ])
})

test('base64 that ends in = is no name without a value', () => {
  const key = 'aGVsbG93b3JsZGhlbGxvd29ybGQxMg='
  assert.ok(texts(`[Peer]\nPrivateKey = ${key}\n`).includes(key))
  assert.ok(texts(`x: y\n${key}\n`).includes(key))
})

test('binary secrets are known by pieces', () => {
  const bytes = Buffer.from(Array.from({ length: 400 }, (_, at) => (at * 37) % 251))
  const { texts, left } = tellingTexts(bytes)
  assert.equal([texts.length, left], [3, 0])
  for (const { text } of texts) assert.ok(bytes.includes(Buffer.from(text, 'latin1')))
  assert.is(tellingTexts(Buffer.alloc(400)).left, 1)
})

test('hostile lines do not take long', () => {
  const start = Date.now()
  for (const part of ['a', 'aB', ' ', '"', '\\"', 'a: ', ', ', '- '])
    tellingTexts(Buffer.from(`x ${part.repeat(60_000 / part.length)}!\ny`))
  assert.ok(Date.now() - start < 10_000)
})

test('forms are those in which Nix writes text', () => {
  const forms = Object.fromEntries(formsInside('a"b\\c\td\'e').map(({ form, text }) => [form, text]))
  assert.is(forms.text, 'a"b\\c\td\'e')
  assert.is(forms.aterm, 'a\\"b\\\\c\\td\'e')
  // The same as in JSON, so it is looked for once.
  assert.is(forms.json, undefined)
  assert.is(formsInside('plain-text').length, 1)
  assert.is(forms['json-in-aterm'], 'a\\\\\\"b\\\\\\\\c\\\\td\'e')
  assert.equal(
    formsAsAttribute('47').map(({ text }) => text),
    [',"47")', ':\\"47\\"', ',"47\\n")', ':\\"47\\\\n\\"'],
  )
})

test('base64 is known by a part that lies in one line, wherever it is broken', () => {
  const next = random(3)
  for (let size = 12; size < 400; size += 7) {
    const content = Buffer.from(Array.from({ length: size }, () => Math.floor(next() * 256)))
    const part = base64Part(content)?.text ?? ''
    assert.ok(part.length >= 16)
    for (const width of [64, 76, 1000]) {
      const lines = content.toString('base64').match(new RegExp(`.{1,${width}}`, 'g')) ?? []
      assert.ok(
        lines.some((line) => line.includes(part)),
        `${size} bytes, ${width} a line`,
      )
    }
  }
  assert.is(base64Part(Buffer.from('short')), null)
})

test.run()
