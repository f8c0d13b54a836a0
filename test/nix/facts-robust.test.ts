import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { nixFacts } from '../../src/nix/nix-facts.ts'
import { cpuTime } from '../support/cpu-time.ts'

const LEAKS = new URL('./leaks/', import.meta.url)
const SOURCES = readdirSync(LEAKS).map((name) => readFileSync(new URL(name, LEAKS), 'latin1'))
/** Milliseconds for what is small; a hang takes for ever. */
const SOON = 5_000

test('a file that cannot be judged whole says so, and does not throw', () => {
  const deep = `${'{ password = '.repeat(20_000)}"x"${'; }'.repeat(20_000)}`
  const open = `{ password = ${'['.repeat(50_000)}`
  for (const source of [deep, open, `{ password = ${'('.repeat(30_000)}`, `"${'x'.repeat(5 << 20)}"`])
    assert.ok(
      quickly(source).some(({ kind }) => kind === 'unreadable'),
      source.slice(0, 20),
    )
})

test('chains are walked to their end', () => {
  const leak = '{ password = "hunter2"; }'
  for (const chain of [
    `{ a = ${'"x" + '.repeat(200)}"y"; b = ${leak}; }`,
    `{ a = ${'[ 1 ] ++ '.repeat(200)}[ ${leak} ]; }`,
    `{ a = ${'{ } // '.repeat(200)}${leak}; }`,
    `{ a = ${'if c then 1 else '.repeat(200)}${leak}; }`,
    `${'x: '.repeat(200)}${leak}`,
  ])
    assert.equal(
      quickly(chain).map(({ kind }) => kind),
      ['inline-secret'],
      chain.slice(0, 20),
    )
})

test('names that lead to each other end, and are said to be too many if they are', () => {
  const doubling = Array.from({ length: 60 }, (_, i) => `x${i + 1} = { a = x${i}; b = x${i}; };`).join('\n')
  quickly(`let x0 = { password = "hunter2"; }; ${doubling} in x60`)
  quickly('let a = b; b = a; in { password = a; inherit (a) token; }')
  quickly('rec { password = password; a = { inherit a; }; b = with b; b.b; }')
  const texts = Array.from({ length: 60 }, (_, i) => `x${i + 1} = "\${x${i}}\${x${i}}";`).join('\n')
  quickly(`let x0 = "hunter2"; ${texts} in { password = x60; }`)
})

test('mutated files are judged without a fault, and facts lie within them', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '"',
    "''",
    '${',
    '(',
    ')',
    ';',
    '=',
    'let ',
    ' in ',
    'with ',
    './x',
    '[',
    ']',
    '\0',
    'rec {',
    'inherit (',
    ' + ',
    ':',
    '\xff',
  )
  fc.assert(
    fc.property(
      fc.constantFrom(...SOURCES),
      fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(40), piece), { maxLength: 6 }),
      (source, edits) => {
        let text = source
        for (const [where, cut, insert] of edits) {
          const at = Math.floor(where * text.length)
          text = text.slice(0, at) + insert + text.slice(at + cut)
        }
        for (const { offset } of quickly(text)) assert.ok(offset >= 0 && offset <= text.length)
      },
    ),
    { numRuns: 300 },
  )
})

test('long values cost no more than their length', () => {
  for (const piece of [' ', 'a', 'a/', '{', 'x0', ' a=', '%(', '<', '-----', 'A_', '\t ']) {
    const text = piece.repeat(400_000 / piece.length)
    for (const option of ['password', 'Environment', 'a.apiKey', 'users.users.a.password'])
      quickly(`{ ${option} = "${text}"; }`)
    quickly(`{ environmentFile = pkgs.writeText "x" "${text}"; }`)
  }
})

test('facts hold no secret bytes', () => {
  const source =
    'let p = "hunter2-of-friday"; in { users.users.a.password = p; services.b.passwordFile = ./b; }'
  assert.not.match(JSON.stringify(nixFacts(source)), /hunter2/)
})

function quickly(source: string): ReturnType<typeof nixFacts> {
  const start = cpuTime()
  const facts = nixFacts(source)
  assert.ok(cpuTime() - start < SOON, source.slice(0, 40))
  return facts
}

test.run()
