import { readFileSync } from 'node:fs'

/**
 * Tells one process from a later one with the same number: `PID START`, where START is when it began, in clock ticks
 * since the machine did, with the machine's own start; `-` where there is no /proc.
 */
export function processMark(pid: number = process.pid): string {
  return `${pid} ${startOf(pid) ?? '-'}`
}

/** Whether the process that a {@link processMark} names still runs. What is no mark names nobody. */
export function isRunning(mark: string): boolean {
  const [, pid = '', start = ''] = /^(\d{1,10}) (\S+)$/.exec(mark) ?? []
  if (pid === '' || Number(pid) === 0) return false
  try {
    process.kill(Number(pid), 0)
  } catch (error) {
    // EPERM: it is there, and another user's.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const now = startOf(Number(pid))
  return now === null || start === '-' || now === start
}

function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name in parentheses may hold anything; see proc(5), fields 3 (state) and 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie has done all that it will do.
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
    return fields[0] === 'Z' ? 'ended' : `${fields[19]}@${boot}`
  } catch {
    return null
  }
}
