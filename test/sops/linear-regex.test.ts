import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { linearRegex } from '../../src/sops/linear-regex.ts'
import { cpuTime } from '../support/cpu-time.ts'

const matches = (pattern: string, text: string) => {
  const regex = linearRegex(pattern)
  assert.ok(regex !== null, pattern)
  return regex(text)
}

test('patterns that people give to SOPS', () => {
  assert.ok(matches('^(data|stringData)$', 'data'))
  assert.not(matches('^(data|stringData)$', 'metadata'))
  assert.ok(matches('(?i)PassWord', 'my_passWORD'))
  assert.ok(matches('^[a-z_]+[^0-9]?-\\.x$', 'abc-.x'))
  assert.ok(matches('', 'anything'))
  assert.ok(matches('^$', ''))
})

test('what is not understood is refused', () => {
  for (const pattern of [
    'a{2}',
    '(?=x)',
    '\\bx',
    '\\1',
    '[[:alpha:]]',
    '[]a]',
    'a**',
    'a*?',
    '(a',
    'a)',
    '[a',
    '\\',
    '*a',
    '[z-a]',
    '(?P<x>a)',
    'x'.repeat(600),
    '('.repeat(40),
  ])
    assert.is(linearRegex(pattern), null, pattern)
})

const atom = fc.constantFrom(
  'a',
  'b',
  '-',
  '.',
  '\\.',
  '[ab]',
  '[^a]',
  '[a-c_]',
  '\\d',
  '\\w',
  '^',
  '$',
  '(?:a|)',
)
const { pattern } = fc.letrec<{ pattern: string; group: string }>((tie) => ({
  group: fc.tuple(tie('pattern'), fc.constantFrom('', '?', '*', '+')).map(([p, s]) => `(${p})${s}`),
  pattern: fc
    .array(
      fc.oneof(
        { maxDepth: 3 },
        atom,
        fc
          .tuple(fc.constantFrom('a', 'b', '.', '[ab]'), fc.constantFrom('*', '+', '?'))
          .map((p) => p.join('')),
        fc.constant('|'),
        tie('group'),
      ),
      { maxLength: 6 },
    )
    .map((parts) => parts.join('')),
}))

test('as the regular expressions of JavaScript have it', () => {
  const texts = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '-', '.', '1', '_', 'é'), maxLength: 8 })
  fc.assert(
    fc.property(pattern, texts, fc.boolean(), (source, text, folded) => {
      const regex = linearRegex((folded ? '(?i)' : '') + source)
      assert.is(regex?.(text), new RegExp(source, folded ? 'iu' : 'u').test(text), `${source} on ${text}`)
    }),
    { numRuns: 2000 },
  )
})

test('no pattern hangs', () => {
  const started = cpuTime()
  assert.not(matches('^((a|a)*)*$', `${'a'.repeat(5000)}b`))
  assert.not(matches(`^${'(a|a)'.repeat(50)}c`, 'a'.repeat(5000)))
  assert.ok(cpuTime() - started < 5000)
})

test.run()
