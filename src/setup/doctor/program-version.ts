import { execFile } from 'node:child_process'
import { displayText } from '../../byte-path.ts'

/** Milliseconds that a program may take to tell its version. */
const PATIENCE = 10_000

/** The first line that a program prints for `--version`, escaped; null where it fails. */
export function programVersion(program: string): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(program, ['--version'], { timeout: PATIENCE, maxBuffer: 1 << 16 }, (error, stdout) => {
      const line = stdout.split('\n')[0]?.trim() ?? ''
      resolve(error !== null || line === '' ? null : displayText(line))
    })
  })
}
