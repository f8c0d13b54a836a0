import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { commentAllowances } from '../../../src/guard/silence/comment-allowances.ts'
import { cpuTime } from '../../support/cpu-time.ts'

/** As `LINE rule rule`. */
function lines(text: string, isNix = false): string[] {
  return [...commentAllowances(text, isNix)]
    .sort(([a], [b]) => a - b)
    .map(([line, rules]) => [line, ...[...rules].sort()].join(' '))
}

const ALLOW = 'nixsecret: allow credential: made up'

test('a comment beside code is for its line', () => {
  assert.equal(lines(`a\nx = 1 # ${ALLOW}\nb\n`), ['2 credential'])
  assert.equal(lines(`/* ${ALLOW} */ x = 1\n`), ['1 credential'])
  assert.equal(lines(`x${' '.repeat(300)}# ${ALLOW}\ny`), ['1 credential'])
})

test('a comment above is for the next line too', () => {
  assert.equal(lines(`a\n  # ${ALLOW}\nb\nc`), ['2 credential', '3 credential'])
  assert.equal(lines(`a\n# ${ALLOW}\r\nb\r\n`), ['2 credential', '3 credential'])
  assert.equal(lines(`/* ${ALLOW} */\nb`), ['1 credential', '2 credential'])
  assert.equal(lines(`# ${ALLOW}\n\nb`), ['1 credential', '2 credential'])
})

test('a run of them goes on to the line below, and no other line parts it', () => {
  const run = `# ${ALLOW}\n# nixsecret: allow symlink: y\nb # nixsecret: allow no-digest: z\nc`
  assert.equal(lines(run), ['1 credential', '2 credential symlink', '3 credential no-digest symlink'])
  assert.equal(lines(`# ${ALLOW}\n# other\nb`), ['1 credential', '2 credential'])
})

test('several rules, and odd spaces', () => {
  assert.equal(lines('#nixsecret:\tallow  a-b ,c,d : why\n'), ['1 a-b c d', '2 a-b c d'])
})

for (const leader of [
  '#',
  '##',
  '//',
  '///',
  '--',
  ';',
  ';;',
  '/*',
  '/**',
  '<!--',
  '%',
  '{-',
  '(*',
  '{{/*',
  '{#',
]) {
  test(`comments that begin with ${leader}`, () => {
    assert.equal(lines(`x ${leader} ${ALLOW}`), ['1 credential'])
    assert.equal(lines(`\t${leader}${ALLOW}\nx`), ['1 credential', '2 credential'])
  })
}

for (const leader of ['"', "'", '!', '*', ' * ', 'REM ', 'rem ', 'dnl ']) {
  test(`comments that begin with ${leader} do so at the beginning of a line`, () => {
    assert.equal(lines(`${leader}${ALLOW}\nx`), ['1 credential', '2 credential'])
    assert.equal(lines(`x ${leader}${ALLOW}\nx`), [])
    assert.equal(lines(`x${' '.repeat(300)}${leader}${ALLOW}\nx`), [])
  })
}

for (const text of [
  ALLOW,
  `x ${ALLOW}`,
  `x = "${ALLOW}"`,
  `# see ${ALLOW}`,
  '# nixsecret: allow credential',
  '# nixsecret: allow credential:',
  '# nixsecret: allow credential: ',
  '# nixsecret: allow credential: …'.replace('…', ' -- .'),
  '/* nixsecret: allow credential: */ because',
  '# nixsecret: allow credential:\n# because',
  '# nixsecret: allow : because',
  '# nixsecret: allow *: because',
  '# nixsecret: allow credential symlink: because',
  '# nixsecret: allow credential, : because',
  '# nixsecret allow credential: because',
  '# Nixsecret: allow credential: because',
  '# nixsecret: allow\ncredential: because',
]) {
  test(`is no allowance: ${JSON.stringify(text)}`, () => {
    assert.equal(lines(text), [])
  })
}

test('behind other text of a comment it has to be a comment of its own', () => {
  assert.equal(lines(`x # pragma # ${ALLOW}`), ['1 credential'])
})

test('two on a line', () => {
  assert.equal(lines(`/* ${ALLOW} */ x /* nixsecret: allow symlink: y */`), ['1 credential symlink'])
})

test('text in a string is none in Nix, and a real comment behind it is', () => {
  assert.equal(lines(`x = "# ${ALLOW}";`, true), [])
  assert.equal(lines(`x = "# ${ALLOW}"; # nixsecret: allow symlink: y`, true), ['1 symlink'])
  assert.equal(lines(`x = ''\n  # ${ALLOW}\n  y\n'';\n# ${ALLOW}\nz`, true), ['5 credential', '6 credential'])
  assert.equal(lines(`/*\n * ${ALLOW}\n */\n`, true), ['2 credential', '3 credential'])
  // A sign of other languages is none of Nix.
  assert.equal(lines(`x = 1; // ${ALLOW}`, true), [])
})

test('property: no text makes it fail, and no line is named that the marker is not near', () => {
  const piece = fc.constantFrom(
    '#',
    '/* ',
    ' */',
    '"',
    "''",
    '\n',
    'nixsecret:',
    ' allow ',
    'credential',
    ': why',
    ' ',
    'x',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(piece).map((p) => p.join('')),
        fc.string(),
      ),
      fc.boolean(),
      (text, isNix) => {
        const source = text.split('\n')
        const run = (line: number): boolean =>
          /nixsecret:/.test(source[line - 1] ?? '') || (line > 1 && /nixsecret:/.test(source[line - 2] ?? ''))
        for (const line of commentAllowances(text, isNix).keys()) assert.ok(run(line), `line ${line}`)
      },
    ),
    { numRuns: 3000 },
  )
})

test('megabytes on one line, or of markers, take no time', () => {
  const start = cpuTime()
  for (const piece of [
    `# ${ALLOW} `,
    'nixsecret: allow ',
    `${'#'.repeat(190)}x${ALLOW}`,
    'nixsecret: allow a,',
    `#${ALLOW}\n`,
  ])
    for (const isNix of [false, true]) commentAllowances(piece.repeat(2_000_000 / piece.length), isNix)
  assert.ok(cpuTime() - start < 5000)
})

test.run()
