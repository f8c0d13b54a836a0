import { keyMark } from '../age/key-mark.ts'
import { notAccepted } from '../blob/trust/accepted.ts'
import { restrictedAt } from '../blob/trust/moved/restricted-at.ts'
import { observe } from '../blob/trust/seen/observe.ts'
import { type BytePath, displayPath, displayText } from '../byte-path.ts'
import type { NixsecretError } from '../errors.ts'
import { tryGit } from '../git/run-git.ts'
import type { Policy } from '../policy/policy.ts'
import { shownName } from '../policy/shown-name.ts'
import { shownNames } from '../policy/shown-names.ts'
import { FormerReaders, type ReaderChange } from '../secret/former-readers.ts'
import { namePaths } from '../secret/paste-path.ts'
import { pathArgument } from '../secret/path-argument.ts'
import { rekeyFiles } from '../secret/rekey-files.ts'
import { type StaleFile, type Staleness, staleFiles } from '../secret/stale-files.ts'
import { Workspace } from '../secret/workspace.ts'
import { askOnTerminal } from './ask-on-terminal.ts'
import { parseOptions } from './parse-options.ts'
import { paintFor, print, printHint, printNote, printWarning } from './print.ts'
import { columns } from './secret/columns.ts'
import { countFiles } from './secret/count-files.ts'
import { CounterLine } from './secret/counter-line.ts'
import { jsonPath } from './secret/json-path.ts'

export const help = `usage: git nixsecret rekey [--dry-run] [--json] [PATH…]

Encrypts again, and stages, every secret of the index that is not encrypted for just the readers that nixsecret.toml
names: all of them, or those at the files and directories named. All or nothing: you must hold a key to each.
Files in the work tree keep what they hold, unstaged changes included.

  --dry-run   only say what would be done; needs no key
  --json      the same for machines: {"files": [{"path", "gains", "loses",
              "swapped": [{"name", "from", "to"}], "known"}], "fits", "problems", "notAccepted", "done"}

What you have not accepted yet ("git nixsecret trust") is left as it is: then the exit code is 2.
Who has read a secret still knows it: when somebody leaves, change the secret itself, too.
Exit code 1: some files could not be judged (plaintext, damaged, in conflict); the others are done.
`

interface Row {
  readonly file: StaleFile
  readonly change: ReaderChange
}

/** Runs `rekey`. */
export async function run(args: string[]): Promise<number> {
  const options = { 'dry-run': { type: 'boolean' }, json: { type: 'boolean' } } as const
  const { values, positionals } = parseOptions('rekey', args, options)
  const space = await Workspace.open(askOnTerminal)
  try {
    const policy = await space.policy()
    if (!values['dry-run']) await observe(space.repo)
    const scopes = positionals.map((name) => pathArgument(space, name))
    const found = await staleFiles(space, policy, scopes)
    const rows = await rowsOf(space, policy, found.stale)
    const { refused, fault } = await filesNotAccepted(space, policy, found.stale)
    const accepted = found.stale.filter(({ path }) => !refused.includes(path))
    if (!values['dry-run']) await rekey(space, accepted)
    if (values.json) printJson(found, rows, { refused, done: !values['dry-run'] && refused.length === 0 })
    else printTable(rows)
    for (const { path, reason } of found.problems) printWarning(`${displayPath(path)} ${reason}`)
    if (!values.json && (refused.length === 0 || accepted.length > 0))
      await printEnd(space, { ...found, stale: accepted }, values['dry-run'] ?? false)
    if (fault !== null) throw fault
    return found.problems.length === 0 ? 0 : 1
  } finally {
    space.close()
  }
}

async function rowsOf(space: Workspace, policy: Policy, stale: readonly StaleFile[]): Promise<Row[]> {
  const former = new FormerReaders(space)
  const rows: Row[] = []
  for (const file of stale) rows.push({ file, change: await former.change(file.sealed, file.path, policy) })
  return rows
}

/** Files that would be encrypted for somebody, or in a form, that the user has not accepted; and what to say of them. */
async function filesNotAccepted(
  space: Workspace,
  policy: Policy,
  stale: readonly StaleFile[],
): Promise<{ refused: readonly BytePath[]; fault: NixsecretError | null }> {
  const trust = await space.trust.current(policy)
  const refused: BytePath[] = []
  const newcomers = new Set<string>()
  for (const file of stale) {
    const restricted = await restrictedAt(trust, policy, file, space)
    if (!restricted.pending) continue
    refused.push(file.path)
    for (const name of restricted.newcomers) newcomers.add(name)
  }
  const what = `not encrypted again: ${namePaths(refused)}: `
  return { refused, fault: refused.length === 0 ? null : notAccepted(what, trust, [...newcomers]) }
}

async function rekey(space: Workspace, stale: readonly StaleFile[]): Promise<void> {
  if (stale.length === 0) return
  const line = new CounterLine('encrypting again', stale.length)
  try {
    await rekeyFiles(space, stale, line.show)
  } finally {
    line.end()
  }
}

function printTable(rows: readonly Row[]): void {
  if (rows.length === 0) return
  const cells = rows.map(({ file, change: { gains, loses, swapped, known } }) => {
    const isSwapped = (name: string) => swapped.some((one) => one.name === name)
    const gained = [
      ...gains.filter(isSwapped).map((name) => `${shownName(name)} (ANOTHER KEY)`),
      ...namesOrNone(gains.filter((name) => !isSwapped(name))),
    ]
    const lost = namesOrNone(loses.filter((name) => !isSwapped(name)))
    return [
      displayPath(file.path),
      known || gains.length > 0 ? gained.join(', ') || '–' : '?',
      known ? (lost[0] ?? '–') : '?',
    ]
  })
  const [head = '', ...lines] = columns([['FILE', 'GAINS', 'LOSES'], ...cells])
  print(paintFor(process.stdout)('bold', head))
  for (const line of lines) print(line)
  const swapped = rows.flatMap(({ change }) => change.swapped)
  for (const [name, { from, to }] of new Map(swapped.map((one) => [one.name, one])))
    printWarning(
      `${shownName(name)}: ANOTHER KEY than these files are encrypted for (${displayText(keyMark(from))} -> ${displayText(keyMark(to))})`,
    )
  if (rows.some(({ change }) => !change.known)) {
    printNote('"?": the file does not say for whom it was encrypted, and no earlier nixsecret.toml tells')
  }
}

function namesOrNone(names: readonly string[]): string[] {
  return names.length === 0 ? [] : [shownNames(names)]
}

function printJson(
  found: Staleness,
  rows: readonly Row[],
  { refused, done }: { readonly refused: readonly BytePath[]; readonly done: boolean },
): void {
  const files = rows.map(({ file, change }) => ({ path: jsonPath(file.path), ...change }))
  const problems = found.problems.map(({ path, reason }) => ({ path: jsonPath(path), reason }))
  print(
    JSON.stringify({ files, fits: found.fits, problems, notAccepted: refused.map(jsonPath), done }, null, 2),
  )
}

async function printEnd(space: Workspace, { stale, fits }: Staleness, dryRun: boolean): Promise<void> {
  if (stale.length === 0) {
    printNote(`nothing to do: ${countFiles(fits)} encrypted for just the readers that nixsecret.toml names`)
    return
  }
  const rest = fits === 0 ? '' : `; ${countFiles(fits)} fit already`
  if (dryRun) {
    printNote(`${countFiles(stale.length)} would be encrypted again${rest}`)
    printHint('git nixsecret rekey')
    return
  }
  printNote(`encrypted again and staged ${countFiles(stale.length)}${rest}`)
  // Blobs and the policy that they fit belong into one commit.
  const { code } = await tryGit(['diff', '--quiet', '--', ':(top)nixsecret.toml'], space.git)
  const tracked = await tryGit(['ls-files', '--error-unmatch', '--', ':(top)nixsecret.toml'], space.git)
  if (code !== 0 || tracked.code !== 0) printHint(`git add ${'../'.repeat(depth(space))}nixsecret.toml`)
  printHint("git commit -m 'Encrypt secrets for their new readers'")
}

function depth(space: Workspace): number {
  return space.prefix.split('/').length - 1
}
