import { lstatSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { workFilePath } from '../blob/work-file.ts'
import type { BytePath } from '../byte-path.ts'

/** Puts content in the place of a file of the work tree, in one step; its mode stays. */
export function replaceWorkFile(top: string, path: BytePath, content: Uint8Array): void {
  const file = workFilePath(top, path)
  const mode = lstatSync(file, { throwIfNoEntry: false })?.mode
  const temporary = Buffer.concat([file, Buffer.from(`.${process.pid}.tmp`)])
  mkdirSync(Buffer.from(dirname(file.toString('latin1')), 'latin1'), { recursive: true })
  writeFileSync(temporary, content, mode === undefined ? {} : { mode: mode & 0o777 })
  renameSync(temporary, file)
}
