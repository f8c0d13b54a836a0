import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { nixComments } from '../../src/nix/comments.ts'
import { cpuTime } from '../support/cpu-time.ts'

const texts = (source: string) => nixComments(source).map(({ from, to }) => source.slice(from, to))

test('finds comments to the end of a line, and between signs', () => {
  assert.equal(texts('# a\nx = 1; # b\r\n/* c\n # d */ y /**/ z # e'), [
    '# a',
    '# b\r',
    '/* c\n # d */',
    '/**/',
    '# e',
  ])
  assert.equal(texts('/* open # x\n'), ['/* open # x\n'])
  assert.equal(texts('/*/ x */ # y'), ['/*/ x */', '# y'])
})

for (const source of [
  '"# no"',
  '"\\" # no"',
  '"\\\\" + "# no"',
  "''\n # no\n /* no */\n''",
  "'' ''' # no ''",
  "'' ''\\n # no ''",
  "'' ''\\'' # no ''",
  `'' ''\${ # no } ''`,
  `'' $\${ # no } ''`,
  `" $\${ # no } "`,
  `"\${"# no"}"`,
  `"\${{ a = "}"; }.a} # no"`,
  `''\${"''"} # no''`,
  "x''y # yes".replace(' # yes', ''),
  'http://a.b/*c*/d',
  "a = http://x''y;",
]) {
  test(`sees none in ${JSON.stringify(source)}`, () => {
    assert.equal(texts(source), [])
    // And reads on behind it.
    assert.equal(texts(`${source} # yes`), ['# yes'])
  })
}

test('sees those between strings and within what is interpolated', () => {
  assert.equal(texts('"a" # b\n"c"'), ['# b'])
  assert.equal(texts(`"\${ # b\n x} # no"`), ['# b'])
  assert.equal(texts(`''\${ /* b */ x} # no'' # c`), ['/* b */', '# c'])
  assert.equal(texts("f'' # b"), ['# b'])
  assert.equal(texts('{ a = "x"; } # b\n} # c'), ['# b', '# c'])
  assert.equal(texts('"$" # b'), ['# b'])
  assert.equal(texts('./a#b'), ['#b'])
})

test('property: any text ends, with spans in order that begin as comments do', () => {
  const piece = fc.constantFrom(
    '#',
    '/*',
    '*/',
    '"',
    "''",
    `\${`,
    '{',
    '}',
    '\\',
    '$',
    "'",
    '\n',
    'a',
    ':',
    '/',
    ' ',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(piece).map((p) => p.join('')),
        fc.string(),
      ),
      (source) => {
        let end = 0
        for (const { from, to } of nixComments(source)) {
          assert.ok(from >= end && to > from && to <= source.length)
          assert.match(source.slice(from), /^(#|\/\*)/)
          end = to
        }
      },
    ),
    { numRuns: 2000 },
  )
})

test('a megabyte of anything takes no time', () => {
  const start = cpuTime()
  for (const piece of [`\${"`, `''\${`, '/*', 'a:', "a'", '#\n', '{', '"\\', 'a.'])
    nixComments(piece.repeat(300_000))
  assert.ok(cpuTime() - start < 5000)
})

test.run()
