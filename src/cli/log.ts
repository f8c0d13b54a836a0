import { displayPath, displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { filePathArgument } from '../secret/path-argument.ts'
import type { NamedKey } from '../secret/rotation/names-of-keys.ts'
import { type LogEntry, secretLog } from '../secret/secret-log.ts'
import { Workspace } from '../secret/workspace.ts'
import { askOnTerminal } from './ask-on-terminal.ts'
import { openWithIndex } from './here.ts'
import { parseOptions } from './parse-options.ts'
import { paintFor, print, printNote, printWarning } from './print.ts'
import { columns } from './secret/columns.ts'
import { dayOf, isoTime } from './secret/day-of.ts'
import { jsonPath } from './secret/json-path.ts'
import { shortKey } from './secret/short-key.ts'

export const help = `usage: git nixsecret log [--json] PATH

The history of a secret, newest first, on all ways to HEAD: commit, date, author; whether its plaintext changed or it was only
encrypted again; who gained and who lost access to it (+name, -name), by whom each version is encrypted for. Renames are
followed, by what the file holds. Plaintexts are compared in memory; what no key here opens can't be told.

  --json   { "version": 1, "path", "log": [ { "commit", "date", "author", "kind": created, changed, resealed, unclear,
           renamed, deleted or restored, "merge", "plaintextChanged": true, false or null, "why", "path", "from",
           "gained": [ { "name", "key" } ], "lost", "readersKnown" } ] }
`

const KIND: Readonly<Record<LogEntry['kind'], string>> = {
  created: 'created',
  changed: 'changed',
  resealed: 'only encrypted again',
  unclear: 'cannot be told',
  renamed: 'renamed',
  deleted: 'deleted',
  restored: 'restored',
}

/** Runs `log`. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions('log', args, { json: { type: 'boolean' } })
  const [name, ...more] = positionals
  if (name === undefined || more.length > 0)
    throw new NixsecretError('usage', 'log needs one PATH', { hints: ['git nixsecret log --help'] })
  const space = await Workspace.open(askOnTerminal, await openWithIndex('log PATH'))
  try {
    const path = filePathArgument(space, name)
    const log = await secretLog(space, path)
    if (values.json)
      print(JSON.stringify({ version: 1, path: jsonPath(path), log: log.map(asJson) }, null, 2))
    else {
      for (const line of columns(log.map(row))) print(colour(line))
      if (log.some(({ readersKnown }) => !readersKnown))
        printNote(
          '"?": a version does not say for whom it is encrypted, or for others than any nixsecret.toml named',
        )
    }
    for (const { message } of space.keys.problems) printWarning(message)
    return 0
  } finally {
    space.close()
  }
}

function row(entry: LogEntry): string[] {
  const { commit, gained, lost, readersKnown } = entry
  // The same name on both sides is another key.
  const swapped = gained.some(({ name }) => name !== null && lost.some((one) => one.name === name))
  const readers = [
    ...gained.map((one) => `+${nameOf(one)}`),
    ...lost.map((one) => `-${nameOf(one)}`),
    ...(swapped ? ['(another key)'] : []),
  ]
  return [
    commit.oid.slice(0, 10),
    dayOf(commit.time),
    displayText(commit.author),
    kindOf(entry),
    [...readers, ...(readersKnown ? [] : ['?'])].join(' '),
  ]
}

function kindOf({ kind, isMerge, plaintextChanged, why, from }: LogEntry): string {
  const parts = [KIND[kind]]
  if (from !== null) parts.push(` from ${displayPath(from)}`)
  if (kind === 'restored' && plaintextChanged !== null)
    parts.push(plaintextChanged ? ', changed' : ', unchanged')
  if (why !== null) parts.push(`: ${why}`)
  if (isMerge) parts.push(' (merge)')
  return parts.join('')
}

function nameOf({ name, key }: NamedKey): string {
  return name === null ? shortKey(key) : displayText(name)
}

function colour(line: string): string {
  const end = line.indexOf(' ')
  return paintFor(process.stdout)('yellow', line.slice(0, end)) + line.slice(end)
}

function asJson(entry: LogEntry) {
  const { commit, kind, isMerge, plaintextChanged, why, path, from, gained, lost, readersKnown } = entry
  return {
    commit: commit.oid,
    date: isoTime(commit.time),
    author: displayText(commit.author),
    kind,
    merge: isMerge,
    plaintextChanged,
    why,
    path: jsonPath(path),
    from: from === null ? null : jsonPath(from),
    gained,
    lost,
    readersKnown,
  }
}
