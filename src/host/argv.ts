import { readFileSync } from 'node:fs'

/**
 * The arguments behind the script's name, as the bytes that the system passed. Node decodes arguments as UTF-8 and
 * puts U+FFFD for what is none; only then are the bytes read from `/proc/self/cmdline`, where there is one.
 */
export function rawArguments(): Buffer[] {
  const decoded = process.argv.slice(2)
  const asText = decoded.map((argument) => Buffer.from(argument, 'utf8'))
  if (!decoded.some((argument) => argument.includes('\ufffd'))) return asText
  let line: Buffer
  try {
    line = readFileSync('/proc/self/cmdline')
  } catch {
    return asText
  }
  const raw: Buffer[] = []
  for (let start = 0, end = line.indexOf(0); end !== -1; start = end + 1, end = line.indexOf(0, start)) {
    raw.push(line.subarray(start, end))
  }
  // Node's own options stand before the script, so the last ones are ours; they must decode to what Node has.
  const own = decoded.length === 0 ? [] : raw.slice(-decoded.length)
  const same = own.length === decoded.length && own.every((bytes, i) => bytes.toString('utf8') === decoded[i])
  return same ? own : asText
}
