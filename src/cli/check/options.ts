import { displayText } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { parseOptions, refuseOperands } from '../parse-options.ts'

/** What is to be looked at; `present`: the index and HEAD. */
export type Source =
  | { readonly kind: 'present' | 'staged' | 'all' | 'files' }
  | { readonly kind: 'range' | 'rev'; readonly value: string }

const FORMATS = ['text', 'json', 'sarif'] as const

/** How findings are printed. */
export type Format = (typeof FORMATS)[number]

/** The command line of `check`, understood. */
export interface CheckArguments {
  /** One or, with `--files` beside another, two. */
  readonly sources: readonly Source[]
  readonly format: Format
  readonly writeBaseline: boolean
  readonly requireSigned: boolean
}

const OPTIONS = {
  staged: { type: 'boolean' },
  range: { type: 'string' },
  rev: { type: 'string' },
  all: { type: 'boolean' },
  files: { type: 'boolean' },
  format: { type: 'string' },
  json: { type: 'boolean' },
  'write-baseline': { type: 'boolean' },
  'require-signed': { type: 'boolean' },
} as const

/** @throws NixsecretError `usage`, which says what to write */
export function checkArguments(args: string[]): CheckArguments {
  const { values, positionals } = parseOptions('check', args, OPTIONS)
  refuseOperands('check', positionals)
  const { staged, range, rev, all, files } = values
  const sources: Source[] = []
  if (staged === true) sources.push({ kind: 'staged' })
  if (range !== undefined) sources.push({ kind: 'range', value: range })
  if (rev !== undefined) sources.push({ kind: 'rev', value: rev })
  if (all === true) sources.push({ kind: 'all' })
  if (sources.length > 1) throw usage('write only one of --staged, --range, --rev and --all')
  if (files === true) sources.unshift({ kind: 'files' })
  if (sources.length === 0) sources.push({ kind: 'present' })
  const format = formatOf(values)
  const writeBaseline = values['write-baseline'] === true
  if (writeBaseline && format !== null)
    throw usage('--write-baseline prints no findings: write it without --format and --json')
  // It names versions of files by their hash: of what lies in the work tree alone, that would confirm a guess of it.
  if (writeBaseline && files === true)
    throw usage('a baseline is of what git has: write --write-baseline without --files')
  const requireSigned = values['require-signed'] === true
  if (requireSigned && range === undefined && all !== true)
    throw usage('--require-signed is about commits: write --range A..B or --all with it')
  return { sources, format: format ?? 'text', writeBaseline, requireSigned }
}

function formatOf({ format, json }: { format?: string; json?: boolean }): Format | null {
  if (json === true && format !== undefined && format !== 'json')
    throw usage('--json and --format contradict each other: write one of them')
  if (json === true) return 'json'
  if (format === undefined) return null
  const known = FORMATS.find((name) => name === format)
  if (known === undefined) throw usage(`there is no format ${displayText(format)}: write text, json or sarif`)
  return known
}

function usage(message: string): NixsecretError {
  return new NixsecretError('usage', message, { hints: ['git-nixsecret check --help'] })
}
