import { workFileBytes } from '../../blob/work-file.ts'
import type { BytePath } from '../../byte-path.ts'
import type { AttributesFile } from '../../git/attribute-view.ts'
import { driverOf } from '../../git/check-attr.ts'
import { attributesText } from './attributes-text.ts'

/**
 * Every `.gitattributes` that git tracks, as the work tree has it, the deepest first.
 * @param top of the work tree
 * @param paths of the index
 */
export function attributesFiles(top: string, paths: readonly BytePath[]): AttributesFile[] {
  const names = new Set([
    '.gitattributes' as BytePath,
    ...paths.filter((path) => path.endsWith('/.gitattributes')),
  ])
  const files = [...names].flatMap((path) => {
    const content = workFileBytes(top, path)
    return content === null ? [] : [{ path, content }]
  })
  return files.sort((a, b) => b.path.split('/').length - a.path.split('/').length)
}

/** The same files as if we had never been here: what init wrote is left blank, so that lines keep their numbers. */
export function withoutOurLines(files: readonly AttributesFile[]): AttributesFile[] {
  return files.map(({ path, content }) => {
    const lines = content.toString('latin1').split('\n')
    for (const { number, pattern, words } of attributesText(content.toString('latin1')))
      if (isOurs(pattern, words)) lines[number - 1] = ''
    return { path, content: Buffer.from(lines.join('\n'), 'latin1') }
  })
}

/** As `attributesLines` of src/git writes them. */
function isOurs(pattern: string, words: readonly string[]): boolean {
  if (words.some((word) => word.startsWith('filter=') && driverOf(word.slice('filter='.length)) !== null))
    return true
  return /\/\*\.pub"?$/.test(pattern) && words.join(' ') === '!filter !diff !merge !text'
}
