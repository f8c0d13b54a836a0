import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { filterLines, macroNames } from '../../src/git/filter-lines.ts'

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

test.run()
