import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Whether a program is on PATH. */
export function has(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((dir) => {
    try {
      accessSync(join(dir, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/**
 * Whether the programs that a test needs are there; where one is not, says so once,
 * in a line that the test command repeats at its end, and the test is to be left out.
 */
export function needs(what: string, ...programs: string[]): boolean {
  const missing = programs.filter((program) => !has(program))
  if (missing.length > 0) process.stdout.write(`skipped: ${what} (needs ${missing.join(', ')})\n`)
  return missing.length === 0
}
