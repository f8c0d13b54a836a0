import { readFileSync } from 'node:fs'

/** Whether the terminal is another job's: to read from it, or to change it, would stop us. Linux only. */
export function inBackground(): boolean {
  try {
    // The program's name stands in parentheses and may hold anything; see proc(5).
    const stat = readFileSync('/proc/self/stat', 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[2] !== fields[5]
  } catch {
    return false
  }
}
