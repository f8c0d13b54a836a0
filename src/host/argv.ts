import { readFileSync } from 'node:fs'
import { NixsecretError } from '../errors.ts'

/**
 * The arguments behind the script's name, as the bytes that the system passed. Node decodes arguments as UTF-8 and
 * puts U+FFFD for what is none; only then are the bytes read from `/proc/self/cmdline`.
 * @throws NixsecretError `usage` where there is such an argument and no `/proc`: it would name another file
 */
export function rawArguments(): Buffer[] {
  const decoded = process.argv.slice(2)
  if (!decoded.some((argument) => argument.includes('\ufffd'))) {
    return decoded.map((argument) => Buffer.from(argument, 'utf8'))
  }
  const raw = commandLine()
  // Node's own options stand before the script, so the last ones are ours; they must decode to what Node has.
  const own = raw.slice(-decoded.length)
  const same = own.length === decoded.length && own.every((bytes, i) => bytes.toString('utf8') === decoded[i])
  if (same) return own
  throw new NixsecretError('usage', 'an argument is no UTF-8, and this system does not tell its bytes', {
    hints: ['git mv OLD-NAME NEW-NAME    # a name in UTF-8'],
  })
}

/** Everything that this process was started with; nothing where the system does not tell. */
function commandLine(): Buffer[] {
  let line: Buffer
  try {
    line = readFileSync('/proc/self/cmdline')
  } catch {
    return []
  }
  const raw: Buffer[] = []
  for (let start = 0, end = line.indexOf(0); end !== -1; start = end + 1, end = line.indexOf(0, start)) {
    raw.push(line.subarray(start, end))
  }
  return raw
}
