import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytePath, pathBytes, textPath } from '../../src/byte-path.ts'
import { attributesLines } from '../../src/git/attributes-lines.ts'
import { escapePattern } from '../../src/migrate/escape-pattern.ts'
import { linesBelow } from '../../src/migrate/lines-below.ts'
import { compilePattern } from '../../src/policy/match-path.ts'
import { Sandbox } from '../support/sandbox.ts'

const test = suite('lines of an import')
const REST = 'filter=nixsecret diff=nixsecret merge=nixsecret -text'

test('ours come directly below the old ones, and exceptions still hold', () => {
  const { after, added, foreign } = linesBelow(
    '# comment filter=old\n*.txt text\nsecrets/** filter=old diff=old\nsecrets/*.pub !filter !diff\n"a b"  filter=old',
    ['old'],
    REST,
  )
  assert.is(
    after,
    `# comment filter=old\n*.txt text\nsecrets/** filter=old diff=old\nsecrets/** ${REST}\nsecrets/*.pub !filter !diff\nsecrets/*.pub !merge !text\n"a b"  filter=old\n"a b" ${REST}\n`,
  )
  assert.equal(added, [`secrets/** ${REST}`, `"a b" ${REST}`])
  assert.equal(
    foreign.map(({ line }) => line),
    [3, 5],
  )
})

test('a second time nothing is added', () => {
  const once = linesBelow('x filter=old\n-y !filter\n', ['old'], REST).after
  const twice = linesBelow(once, ['old'], REST)
  assert.is(twice.after, once)
  assert.equal(twice.added, [])
  assert.is(twice.foreign.length, 1)
})

test('a macro is seen through', () => {
  const { after } = linesBelow('[attr]crypt filter=old -text\nkeys/* crypt\n', ['old'], REST)
  assert.is(after, `[attr]crypt filter=old -text\nkeys/* crypt\nkeys/* ${REST}\n`)
})

test('other filters stay as they are', () => {
  const text = 'x filter=older\ny filter=lfs diff=lfs merge=lfs -text\n'
  assert.equal(linesBelow(text, ['old'], REST), { after: text, added: [], foreign: [] })
})

test('a pattern names its path and nothing else, to git as to the policy', async () => {
  const paths = [
    'a',
    'a b/c',
    'a*',
    'a?',
    '[ab]',
    'a\\b',
    '#x',
    '!x',
    '"q"',
    ' lead',
    'trail ',
    'ü/é',
    '{a,b}',
    '**',
    '+(x)',
    'a\tb',
  ]
    .map(textPath)
    .filter((path) => escapePattern(path) !== null)
  assert.is(paths.length, 15, 'a tab is no name for a policy')
  const box = new Sandbox('patterns')
  await box.ok('git', ['init', '-q', '.'])
  for (const path of paths) {
    const pattern = escapePattern(path) as string
    box.write('.gitattributes', `${attributesLines(pattern, 'nixsecret')[0]}\n`)
    const input = Buffer.concat(paths.flatMap((one) => [pathBytes(one), Buffer.of(0)]))
    const said = await box.run('git', ['check-attr', '-z', '--stdin', 'filter'], { input })
    const fields = said.stdout.toString('latin1').split('\0')
    const named = paths.filter((_, i) => fields[3 * i + 2] === 'nixsecret')
    assert.equal(named, [path], pattern)
    assert.equal(paths.filter(compilePattern(pattern)), [path], pattern)
  }
  assert.is(escapePattern(bytePath(Buffer.from([0xff]))), null)
  assert.is(escapePattern(textPath('a\nb')), null)
  assert.is(escapePattern(textPath('x'.repeat(1000))), null)
})

test.run()
