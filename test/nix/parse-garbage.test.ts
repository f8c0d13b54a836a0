import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseNix } from '../../src/nix/parse-nix.ts'
import { cpuTime } from '../support/cpu-time.ts'
import { CONSTRUCTS, TEXTS } from './nix-snippets.ts'

const test = suite('parse garbage as nix')

const SIZE = 1_000_000

/** Generous: what takes as long as this grows faster than the text does. */
const LIMIT_MS = 30_000

const FLOODS = [
  '(',
  '[',
  '{',
  '"${',
  "''",
  'x:',
  'a.',
  '!',
  '-',
  ')',
  '${',
  '\xff',
  '/*',
  'f {',
  'a=1;',
  'let ',
  "''${",
]

for (const flood of FLOODS)
  test(`gets through a megabyte of ${JSON.stringify(flood)}`, () => {
    const start = cpuTime()
    const source = flood.repeat(SIZE / flood.length)
    const { errors, cut } = parseNix(source)
    assert.ok(cpuTime() - start < LIMIT_MS)
    if (!['x:', "''"].includes(flood)) assert.ok(errors.length > 0 || cut !== undefined)
  })

const SNIPPETS = [...CONSTRUCTS, ...TEXTS].map(([source]) => source)

/** A piece of a snippet, as large as it likes. */
const piece = fc
  .tuple(fc.constantFrom(...SNIPPETS), fc.nat(40), fc.nat(40))
  .map(([source, from, length]) => source.slice(from, from + length))

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array).toString('latin1'))

test('never throws, whatever is mixed', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof({ weight: 5, arbitrary: piece }, bytes), { maxLength: 12 }), (parts) => {
      const source = parts.join('')
      const { root, errors } = parseNix(source)
      assert.ok(root.from >= 0 && root.to <= source.length)
      assert.ok(errors.every((offset, i) => offset >= (errors[i - 1] ?? 0) && offset <= source.length))
    }),
    { numRuns: 8000 },
  )
})

test('keeps the bindings before and after a broken one', () => {
  fc.assert(
    fc.property(fc.constantFrom('=', '@', ', ,', '$', '1 @ 2'), fc.nat(3), (broken, i) => {
      const bindings = ['a = 1;', 'b = 2;', 'c = 3;', 'd = 4;']
      bindings.splice(i, 0, `x = ${broken};`)
      const { root } = parseNix(`{ ${bindings.join('\n')} }`)
      const names =
        root.kind === 'attrs' ? root.bindings.flatMap((b) => (b.kind === 'attr' ? b.path : [])) : []
      const found = names.map(({ name }) => name)
      for (const name of ['a', 'b', 'c', 'd'])
        assert.ok(found.includes(name), `${name} of ${bindings.join(' ')}`)
    }),
    { numRuns: 2000 },
  )
})

test.run()
