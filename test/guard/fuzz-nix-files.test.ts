import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { checkRevision } from '../../src/guard/check.ts'
import { nixFacts } from '../../src/nix/nix-facts.ts'
import { cpuTime } from '../support/cpu-time.ts'
import { anyBytes, cases, FUZZ, mutated, seeded } from './fuzz-cases.ts'
import { someLayout } from './fuzz-nix-layout.ts'
import { assertPrintable } from './fuzz-printable.ts'
import { GuardRepo } from './guard-repo.ts'

const test = suite('fuzz nix files')
const LEAKS = new URL('../nix/leaks/', import.meta.url)
const SOURCES = readdirSync(LEAKS).map((name) => ({
  name,
  source: readFileSync(new URL(name, LEAKS), 'latin1'),
}))
const LAYOUTS = 1500
const MUTATIONS = 2500
const FILES = 120
// Milliseconds for one file, on a busy machine; a hang takes for ever.
const SOON = 5_000

/** What is found, each with the beginning of the text that it stands at, in order of these. */
function found(source: string): string[] {
  return timed(source)
    .map((fact) => `${fact.kind} ${/^[\w.$"'./{-]{0,12}/.exec(source.slice(fact.offset))?.[0]}`)
    .sort()
}

function timed(source: string): ReturnType<typeof nixFacts> {
  const start = cpuTime()
  try {
    return nixFacts(source)
  } finally {
    assert.ok(cpuTime() - start < SOON, seeded(JSON.stringify(source.slice(0, 3000))))
  }
}

test('however a file is written, what leaks in it is found', () => {
  const before = new Map(SOURCES.map(({ name, source }) => [name, found(source)]))
  assert.ok([...before.values()].every((facts) => facts.length > 5))
  fc.assert(
    fc.property(fc.constantFrom(...SOURCES), someLayout, ({ name, source }, layout) => {
      const left = found(layout.change(source))
      const lost = (before.get(name) ?? []).filter((fact) => {
        const at = left.indexOf(fact)
        if (at !== -1) left.splice(at, 1)
        return at === -1
      })
      assert.equal(lost, [], seeded(`${name}: ${layout.name}`))
    }),
    { ...FUZZ, numRuns: LAYOUTS },
  )
})

test('whatever bytes a file has, it is judged soon', () => {
  const pieces = [
    "''",
    '"',
    '${',
    '{',
    '}',
    '(',
    ')',
    '[',
    ';',
    '/*',
    '*/',
    '#',
    '\0',
    '\r',
    '\\',
    'rec {',
    '@',
    '...',
    '<',
  ]
  const text = fc.constantFrom(...SOURCES.map(({ source }) => source))
  const file = fc.oneof(
    { weight: 6, arbitrary: mutated(text, pieces) },
    { weight: 1, arbitrary: anyBytes(2_000) },
    // Two halves of two files.
    {
      weight: 2,
      arbitrary: fc.tuple(text, text, fc.nat(3000)).map(([a, b, at]) => a.slice(0, at) + b.slice(at / 2)),
    },
  )
  let facts = 0
  fc.assert(
    fc.property(file, (source) => {
      for (const { offset } of timed(source)) {
        facts++
        assert.ok(offset >= 0 && offset <= source.length)
      }
    }),
    { ...FUZZ, numRuns: MUTATIONS },
  )
  assert.ok(facts > MUTATIONS, 'the cases try nothing')
})

test('the guard says every fact of every file, at its line, and nothing that steers a terminal', async () => {
  const repo = new GuardRepo()
  const files = cases(fc.tuple(fc.constantFrom(...SOURCES), someLayout, fc.boolean()), FILES).map(
    ([{ source }, layout, cut], i) => {
      const text = layout.change(source)
      return {
        path: `f${i}.nix`,
        text: cut ? `${text.slice(0, text.length / 2)}\xff${text.slice(text.length / 2)}` : text,
      }
    },
  )
  const input = files.flatMap(({ path, text }) => [
    `M 100644 inline ${path}\n`,
    `data ${text.length}\n`,
    text,
    '\n',
  ])
  const head = 'commit refs/heads/main\ncommitter T <t@example.org> 1 +0000\ndata 1\nx\n'
  repo.git(['fast-import', '--quiet'], { input: Buffer.from([head, ...input].join(''), 'latin1') })
  const { findings } = await checkRevision(await repo.open(), 'main', repo.options)
  for (const { path, text } of files) {
    const lines = timed(text)
      .filter(({ kind }) => kind === 'inline-secret')
      .map(({ offset }) => text.slice(0, offset).split('\n').length)
    const said = findings.filter((one) => one.path === path && one.rule === 'nix-inline-secret')
    const order = (a: number | null, b: number | null) => (a ?? 0) - (b ?? 0)
    assert.equal(said.map(({ line }) => line).sort(order), lines.sort(order), seeded(path))
  }
  assert.ok(findings.length > FILES)
  for (const { message, hint } of findings) {
    assertPrintable(message, 'line', seeded(message))
    assertPrintable(hint, 'lines', seeded(hint))
  }
  repo.box.remove()
})

test.run()
