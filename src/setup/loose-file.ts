import { lstatSync } from 'node:fs'
import { dirname } from 'node:path'
import { lookAtWorkFile, workFilePath } from '../blob/work-file.ts'
import type { BytePath } from '../byte-path.ts'

const GROUP_AND_OTHERS = 0o077
/** Of a directory: group or others may reach what is in it. */
const ENTER = 0o011

/**
 * Whether others than its owner get at a file that lies in the work tree as plaintext: by its mode and those of all
 * directories around it. Checkout makes files for all to read, and the filter narrows them only afterwards, so one
 * that was killed leaves such files behind.
 */
export function isLoose(top: string, path: BytePath): boolean {
  const file = lookAtWorkFile(top, path)
  if (file.kind !== 'plaintext' || (file.stat.mode & GROUP_AND_OTHERS) === 0) return false
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
    if (!mayEnter(workFilePath(top, path.slice(0, at) as BytePath))) return false
  }
  for (let dir = top; ; dir = dirname(dir)) {
    if (!mayEnter(dir)) return false
    if (dir === dirname(dir)) return true
  }
}

function mayEnter(dir: string | Buffer): boolean {
  return ((lstatSync(dir, { throwIfNoEntry: false })?.mode ?? ENTER) & ENTER) !== 0
}
