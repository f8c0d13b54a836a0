import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { BytePath } from '../../src/byte-path.ts'
import { AttributeViews } from '../../src/git/attribute-view.ts'
import { filterLines, macroNames } from '../../src/git/filter-lines.ts'
import { cpuTime } from '../support/cpu-time.ts'

/** Lines of a file as `-` where they may take protection away, `+` where they only protect. */
function look(...lines: string[]): string[] {
  const content = Buffer.from(lines.join('\n'), 'latin1')
  const found = filterLines(content, new Set(macroNames(content)))
  return found.map(({ line, protects }) => `${protects ? '+' : '-'} ${line}`)
}

test('what bears on the filter, and what can only protect', () => {
  assert.equal(
    look(
      '# filter',
      'a filter=nixsecret -text',
      ' b\tfilter=nixsecret-sealed\r',
      'c -text',
      'd !filter',
      'e -filter',
    ),
    ['+ a filter=nixsecret -text', '+ b filter=nixsecret-sealed', '- d !filter', '- e -filter'],
  )
  assert.equal(
    look('[attr]plain -filter', 'a plain', 'b -plain', '"c d" filter=lfs', 'e filter=nixsecret -filter'),
    [
      '- [attr]plain -filter',
      '- a plain',
      '- b -plain',
      '- "c d" filter=lfs',
      '- e filter=nixsecret -filter',
    ],
  )
})

test('a NUL, at which git ends a line or a file, hides nothing', () => {
  for (const line of ['a -filter\0x', 'a -filter\0 -text', '#\0', '\0', 'a\0 -filter'])
    assert.equal(look(line), [`- ${line}`])
})

/** `text` and blanks that make it as long as that. */
const padded = (length: number, text: string) => text.padEnd(length, ' ')

test('a line that git may leave out is kept as it stands, and protects nothing', () => {
  const line = 'a filter=nixsecret'
  const gap = (length: number) => `a${' '.repeat(length - line.length + 1)}filter=nixsecret`
  assert.equal(
    look(padded(2047, line), gap(2047), padded(2046, line).concat('\r')),
    Array(3).fill(`+ ${line}`),
  )
  const left = [padded(2048, line), gap(2048), padded(2047, line).concat('\r'), line.padStart(2048, '\t')]
  for (const raw of left) assert.equal(look('x -text', raw), [`- ${raw}`])
  assert.equal(look(padded(2048, '[attr]m diff')), [`- ${padded(2048, '[attr]m diff')}`])
  assert.equal(
    look(padded(4000, '# filter'), padded(4000, 'a -text')),
    [],
    'what says nothing of it is nothing',
  )
  // Of the index, the mark is part of the first pattern.
  assert.equal(look(`\xef\xbb\xbf ${line}`, line), [`- \xef\xbb\xbf${line}`, `+ ${line}`])
  assert.equal(look('\xef\xbb\xbf# filter', line), [`+ ${line}`])
})

test('quotes hide no macro, and those that git does not take for quotes are none', () => {
  const quoted = ['"[attr]m"', '"\\133attr]m"', '"[attr] \\nm"', '"\\133attr]m\\000x"', '"[attr]m n"']
  for (const name of quoted) {
    assert.equal(macroNames(Buffer.from(`${name} diff=x`)), ['m'], name)
    assert.equal(look(`${name}diff`, 'a m'), [`- ${name}diff`, '- a m'], name)
  }
  assert.equal(look('"[attr]m\\q" diff', '"[attr]m diff', '"x [attr]m" diff'), [])
  assert.equal(look('"a  b\\q"  filter=nixsecret', '"a filter=nixsecret', '"!a" filter=nixsecret'), [
    '- "a b\\q" filter=nixsecret',
    '- "a filter=nixsecret',
    '- "!a" filter=nixsecret',
  ])
  assert.equal(look('"a\\"\\\\ \\303\\244"filter=nixsecret'), ['+ "a\\"\\\\ \\303\\244" filter=nixsecret'])
})

test('git agrees: what only protects does, and what it leaves out is said to protect nothing', async () => {
  const lines = [
    padded(2047, 'f filter=nixsecret'),
    padded(2048, 'f filter=nixsecret'),
    padded(2046, 'f filter=nixsecret').concat('\r'),
    padded(2047, 'f filter=nixsecret').concat('\r'),
    '\xef\xbb\xbff filter=nixsecret',
    '"f" filter=nixsecret',
    '"f"filter=nixsecret',
    '"\\146" filter=nixsecret',
    '"f\\q" filter=nixsecret',
    '"\\446" filter=nixsecret',
    '"f filter=nixsecret',
    '"!f" filter=nixsecret',
  ]
  const views = new AttributeViews({})
  for (const line of lines) {
    const view = await views.add([
      { path: '.gitattributes' as BytePath, content: Buffer.from(line, 'latin1') },
    ])
    const isOn = (await view.filters(['f' as BytePath])).size === 1
    assert.is(isOn, look(line)[0]?.startsWith('+'), JSON.stringify(line.trim()))
  }
  for (const name of ['"[attr]m"', '"\\133attr]m"', '"[attr] \\nm"', '"\\133attr]m\\000x"', '"[attr]m n"']) {
    const content = Buffer.from(`[attr]m filter=nixsecret\nf m\n${name} diff\n`)
    const view = await views.add([{ path: '.gitattributes' as BytePath, content }])
    assert.is((await view.filters(['f' as BytePath])).size, 0, name)
  }
  views.close()
})

test('no file takes long to read', () => {
  const before = cpuTime()
  for (const text of [
    `a${' '.repeat(1 << 20)}filter`,
    `"${'\\\\'.repeat(1 << 19)}" filter`,
    `"${'a'.repeat(1 << 20)}`,
  ])
    filterLines(Buffer.from(text), new Set())
  assert.ok(cpuTime() - before < 2000)
})

test.run()
