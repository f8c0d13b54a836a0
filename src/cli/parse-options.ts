import { type ParseArgsConfig, parseArgs } from 'node:util'
import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { closest } from './closest.ts'

type Options = NonNullable<ParseArgsConfig['options']>

/**
 * Options and operands of one command, strictly: an option that the command does not know is a fault.
 * @param command its name, for messages
 * @throws NixsecretError `usage`
 */
export function parseOptions<const T extends Options>(command: string, args: string[], options: T) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true })
  } catch (cause) {
    const code = (cause as { code?: unknown }).code
    if (typeof code !== 'string' || !code.startsWith('ERR_PARSE_ARGS')) throw cause
    throw new NixsecretError('usage', explain(command, args, options, code, cause as Error), {
      hints: [`git-nixsecret ${command} --help`],
      cause,
    })
  }
}

function explain(command: string, args: string[], options: Options, code: string, cause: Error): string {
  const named = /'(--?[^\s'=]*)/.exec(cause.message)?.[1] ?? args.find((arg) => arg.startsWith('-')) ?? ''
  if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const takes = options[named.replace(/^--/, '')]?.type === 'string'
    return `option ${displayText(named)} of ${command} ${takes ? 'needs a value' : 'takes no value'}`
  }
  const near = closest(named.replace(/^-+/, ''), Object.keys(options))
  return `${command} has no option ${displayText(named)}${near === null ? '' : `; did you mean --${near}?`}`
}

/** @throws NixsecretError `usage` where a command that takes no operands was given one */
export function refuseOperands(command: string, operands: readonly string[]): void {
  const [first] = operands
  if (first === undefined) return
  throw new NixsecretError('usage', `${command} takes no ${displayText(first)}: only options`, {
    hints: [`git-nixsecret ${command} --help`],
  })
}
