import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'

/** Codes of ECMA-48 for the few styles that we use. */
const STYLES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
} as const

/** The name of a style of {@link Paint}. */
export type Style = keyof typeof STYLES
/** Wraps text in a style, or hands it through where colour is off. */
export type Paint = (style: Style, text: string) => string

/**
 * Colours for one of the two output streams: on a terminal only, and never with `NO_COLOR` set (https://no-color.org)
 * or on a dumb terminal. `FORCE_COLOR` turns them on anyway.
 */
export function paintFor(stream: { isTTY?: boolean }): Paint {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  const forced = FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0'
  const on = !NO_COLOR && (forced || (stream.isTTY === true && TERM !== 'dumb'))
  return (style, text) => (on ? `\x1b[${STYLES[style][0]}m${text}\x1b[${STYLES[style][1]}m` : text)
}

/** A result, on stdout, with a line feed. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Something to know that is no result, on stderr: `git-nixsecret: …`. */
export function printNote(text: string): void {
  process.stderr.write(`git-nixsecret: ${text}\n`)
}

/** On stderr: `git-nixsecret: warning: …`. */
export function printWarning(text: string): void {
  process.stderr.write(`git-nixsecret: ${paintFor(process.stderr)('yellow', 'warning:')} ${text}\n`)
}

/** On stderr: `git-nixsecret: error: …`. */
export function printError(text: string): void {
  process.stderr.write(`git-nixsecret: ${paintFor(process.stderr)('red', 'error:')} ${text}\n`)
}

/** On stderr: `hint: …`, a command to paste. */
export function printHint(text: string): void {
  process.stderr.write(`${paintFor(process.stderr)('blue', 'hint:')} ${text}\n`)
}

/** Faults of writing that are those of the machine. */
const ENVIRONMENT = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EROFS'])

/**
 * Says what was thrown.
 * @returns the exit code: 2 for a fault, 70 (EX_SOFTWARE of sysexits.h) for a bug of ours
 */
export function printFault(error: unknown): 2 | 70 {
  if (error instanceof NixsecretError) {
    printError(error.message)
    for (const hint of error.hints) printHint(hint)
    return 2
  }
  const found = error instanceof Error ? (error as NodeJS.ErrnoException) : null
  if (found?.syscall === 'write' && ENVIRONMENT.has(found.code ?? '')) {
    printError(`cannot write: ${found.code}${found.code === 'ENOSPC' ? ' (no space left)' : ''}`)
    return 2
  }
  if (found?.syscall === 'uv_cwd') {
    printError('the directory that this runs in is not there any more')
    return 2
  }
  const kind = [found?.name, found?.code].filter((part) => typeof part === 'string').join(' ')
  printError(`this is a bug in git-nixsecret (${displayText(kind || typeof error)}), please report it`)
  for (const line of placesOf(found).slice(0, 12)) process.stderr.write(`${line}\n`)
  return 70
}

// Only the places: the message of an error that nobody foresaw could quote what it was reading.
function placesOf(error: Error | null): string[] {
  const stack = error?.stack ?? ''
  const end = error === null || error.message === '' ? 0 : stack.indexOf(error.message) + error.message.length
  return stack
    .slice(end)
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
}
