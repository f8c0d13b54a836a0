import { readFileSync } from 'node:fs'
import { type BytePath, baseName } from '../../../byte-path.ts'
import type { CatFile } from '../../../git/cat-file.ts'
import { type FilterLine, filterLines, macroNames } from '../../../git/filter-lines.ts'
import { isWorkFile, workFilePath } from '../../work-file.ts'

// git itself reads no larger ones.
const MAX_ATTRIBUTES = 100 << 20

/** Every `.gitattributes` file that git reads in a work tree. @param index regular files */
export async function attributeFiles(
  top: string,
  index: readonly { readonly path: BytePath; readonly oid: string }[],
  catFile: CatFile,
): Promise<Map<BytePath, Buffer>> {
  const contents = new Map<BytePath, Buffer>()
  for (const { path, oid } of index) {
    if (baseName(path) !== '.gitattributes') continue
    // git reads the index's where the work tree has none, and follows no link.
    const content = isWorkFile(top, path)
      ? readFileSync(workFilePath(top, path))
      : ((await catFile.getUpTo(oid, MAX_ATTRIBUTES))?.content ?? Buffer.alloc(0))
    contents.set(path, content.length < MAX_ATTRIBUTES ? content : Buffer.alloc(0))
  }
  const untracked = '.gitattributes' as BytePath
  if (!contents.has(untracked) && isWorkFile(top, untracked))
    contents.set(untracked, readFileSync(workFilePath(top, untracked)))
  return contents
}

/** The lines of `.gitattributes` files that bear on `filter`. */
export function attributeLines(contents: ReadonlyMap<BytePath, Buffer>): Map<BytePath, FilterLine[]> {
  const macros = new Set([...contents.values()].flatMap(macroNames))
  const lines = new Map<BytePath, FilterLine[]>()
  for (const [path, content] of contents) {
    const found = filterLines(content, macros)
    if (found.length > 0) lines.set(path, found)
  }
  return lines
}
