import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs'
import { inBackground } from './in-background.ts'

const LONGEST = 1024

/**
 * Asks for a line on the controlling terminal, with echo; stdin and stdout are left alone. Ctrl-C ends the command.
 * @param prompt printed as it is, but for control characters
 * @returns without its line feed; null where nobody can be asked: no terminal, or in the background
 */
export function askLine(prompt: string): string | null {
  if (inBackground()) return null
  let tty: number
  try {
    tty = openSync('/dev/tty', constants.O_RDWR | constants.O_NOCTTY)
  } catch {
    return null
  }
  try {
    writeSync(tty, prompt.replace(/\p{C}/gu, '?'))
    const bytes = Buffer.alloc(LONGEST)
    // The terminal hands over whole lines; a longer one is none that was asked for.
    const size = readSync(tty, bytes, 0, LONGEST, null)
    // After Ctrl-D what comes next would stand behind the question.
    if (size === 0) writeSync(tty, '\n')
    return bytes.toString('utf8', 0, size).replace(/\r?\n$/, '')
  } catch {
    return null
  } finally {
    closeSync(tty)
  }
}
