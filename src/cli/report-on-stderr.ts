import type { Report } from '../filter/filter-process.ts'
import { writeAll } from '../filter/write-all.ts'

function line(kind: string, text: string): void {
  writeAll(2, Buffer.from(`git-nixsecret: ${kind}: ${text}\n`))
}

function hints(texts: readonly string[]): void {
  for (const text of texts) writeAll(2, Buffer.from(`hint: ${text}\n`))
}

/** Tells on stderr what the filter has to say: small, since every git command loads it. */
export const reportOnStderr: Report = {
  fault(fault) {
    line('error', fault.message)
    hints(fault.hints)
  },
  warning: (message) => line('warning', message),
  notice(lines) {
    for (const message of lines.messages) line('warning', message)
    hints(lines.hints)
  },
}
