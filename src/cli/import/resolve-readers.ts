import { readFileSync } from 'node:fs'
import { displayText } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import type { Gpg } from '../../migrate/gpg/gpg.ts'
import { type GpgUser, mapReaders, type ReaderMap, readerNamed } from '../../migrate/gpg/map-readers.ts'
import {
  lookUpReader,
  parseReaderTable,
  type ReaderTable,
  readerTableForm,
} from '../../migrate/gpg/reader-table.ts'
import type { Policy } from '../../policy/policy.ts'
import { printNote } from '../print.ts'
import { askLine, canAsk } from './ask-line.ts'

/** What decides who takes the place of a GPG id. */
export interface ReaderQuestion {
  /** As on the command line, for hints. */
  readonly scheme: string
  /** Null without `--readers`. */
  readonly table: string | null
  readonly policy: Policy | null
  /** Knows whose an id is; null where there is no gpg. */
  readonly gpg: Gpg | null
}

/** Times that a question is put before it is given up. */
const TRIES = 3

/**
 * Finds out who takes the place of GPG ids: by the table, else by asking on a terminal.
 * @throws NixsecretError `refused` where nobody says it; a table to fill in is then on stdout
 */
export async function resolveReaders(ids: readonly string[], question: ReaderQuestion): Promise<ReaderMap> {
  const table = question.table === null ? new Map() : readTable(question.table)
  const users: GpgUser[] = []
  for (const id of ids) users.push({ id, userId: (await question.gpg?.userId(id)) ?? null })
  const open = users.filter(({ id }) => lookUpReader(table, id) === undefined)
  if (open.length > 0 && !canAsk()) throw unanswered(open, question)
  const answers: (readonly string[])[] = []
  for (const user of users) answers.push(lookUpReader(table, user.id) ?? (await ask(user, question)))
  return mapReaders(users, answers, question.policy)
}

function readTable(file: string): ReaderTable {
  const shown = displayText(file)
  try {
    return parseReaderTable(readFileSync(file, 'utf8'), shown)
  } catch (fault) {
    if (fault instanceof NixsecretError) throw fault
    const why =
      (fault as NodeJS.ErrnoException).code === 'ENOENT' ? `there is no ${shown}` : `cannot read ${shown}`
    throw new NixsecretError('missing', why, { cause: fault })
  }
}

function unanswered(users: readonly GpgUser[], { scheme }: ReaderQuestion): NixsecretError {
  process.stdout.write(readerTableForm(users))
  const ids = users.map(({ id }) => displayText(id)).join(', ')
  return new NixsecretError('refused', `nobody says who in nixsecret.toml these GPG ids are: ${ids}`, {
    hints: [
      `git nixsecret import ${scheme} > readers.toml    # then fill it in`,
      `git nixsecret import ${scheme} --readers readers.toml`,
    ],
  })
}

async function ask(user: GpgUser, { policy, scheme }: ReaderQuestion): Promise<readonly string[]> {
  const whose = user.userId === null ? '' : ` (${displayText(user.userId)})`
  const known = [
    ...(policy?.recipients.keys() ?? []),
    ...[...(policy?.groups.keys() ?? [])].map((name) => `@${name}`),
  ]
  printNote(`who is GPG id ${displayText(user.id)}${whose} in nixsecret.toml?`)
  if (known.length > 0) printNote(`known: ${known.map(displayText).join(', ')}`)
  for (let i = 0; i < TRIES; i++) {
    const answer = (
      await askLine('names or @groups, with commas, or a public key; "drop" for nobody: ')
    )?.trim()
    if (answer === undefined) break
    if (answer === 'drop') return []
    try {
      const parts = isKey(answer) ? [answer] : answer.split(',').map((part) => part.trim())
      const readers = parts.filter((part) => part !== '')
      for (const reader of readers) readerNamed(reader, policy)
      if (readers.length > 0) return readers
    } catch (fault) {
      if (!(fault instanceof NixsecretError)) throw fault
      printNote(fault.message)
    }
  }
  throw unanswered([user], { scheme, policy, table: null, gpg: null })
}

/** A key's comment may hold commas. */
function isKey(answer: string): boolean {
  return /^(age1|ssh-)/.test(answer)
}
