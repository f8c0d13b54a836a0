import { type BytePath, displayPath, displayText } from '../../byte-path.ts'
import type { Change, ReaderChange } from '../../policy/change.ts'
import { shownName } from '../../policy/shown-name.ts'
import type { Draft } from '../finding.ts'

// More names would fill the screen.
const MOST_NAMED = 3

/** A change of the policy or of attributes by which somebody can read, or get at, what they could not before. */
export const newRecipient = {
  id: 'new-recipient' as const,
  /**
   * @param commit that brings the change
   * @param mark what people compare keys by
   */
  judge(commit: string, change: Change, policyFile: BytePath, mark: (key: string) => string): Draft {
    const path = change.kind === 'unprotected' ? change.file : policyFile
    const message = sayChange(change, mark)
    return {
      severity: 'warning',
      path,
      subject: `${commit} ${message}`,
      line: null,
      message,
      remedy: 'review',
    }
  },
}

/** Where a commit's policy can't be held against the one before: nobody is to take that for an all-clear. */
export function tooMuchToCompare(commit: string, policyFile: BytePath): Draft {
  const message =
    'it was not looked at who can read more by this commit: the policies up to it are too many, or too large, to compare'
  const at = { path: policyFile, line: null }
  return { severity: 'warning', ...at, subject: `${commit} not compared`, message, remedy: 'review' }
}

/** A change in one line. @param mark what people compare keys by */
export function sayChange(change: Change, mark: (key: string) => string): string {
  switch (change.kind) {
    case 'reader':
      return `${who(change.names)}${key(change, mark)} can read ${places(change)}, and could not before`
    case 'store':
      return `plaintext of ${places(change)} may enter the Nix store, and could not before`
    case 'format':
      return `${places(change)}: names of keys become readable in git (format = "sops")`
    case 'allow':
      return `check no longer reports ${displayText(change.rule)} at ${list(change.patterns.map(displayText))} ([[check.allow]])`
    case 'host':
      return `deliver sends to host ${shownName(change.name)} otherwise than before: ${list(change.fields.map(field))}`
    case 'unprotected': {
      if (change.line === '') {
        const where = places({ ...change, patterns: [] })
        return change.opens === 'git'
          ? `${where}: no longer encrypted when changed`
          : `${where}: would lie open in the work tree`
      }
      const line = displayText(Buffer.from(change.line, 'latin1'))
      if (change.opens === 'work tree')
        return `the line ${line} is new: files that stay ciphertext in the work tree would lie open in it`
      return change.gone
        ? `the line ${line} is gone: what it encrypted may be stored as plaintext`
        : `the line ${line} is new: it may take protection away`
    }
    case 'moved':
      return sayMoved(change)
  }
}

function sayMoved({ path, from, opens, names }: Extract<Change, { kind: 'moved' }>): string {
  const what = from === null ? 'other ciphertext' : `the ciphertext of ${displayPath(from)}`
  if (opens === 'store')
    return `${displayPath(path)} has ${what}, and its plaintext would enter the Nix store there`
  if (opens === 'format')
    return `${displayPath(path)} has ${what}, and names of its keys would become readable in git there`
  return `${displayPath(path)} has ciphertext that ${list(names.map(shownName))} could not read; encrypted again, they can`
}

function who(names: readonly string[]): string {
  return names.length === 0 ? 'a key without a name' : list(names.map(shownName))
}

/** The most dangerous: a name that is known, with another key. */
function key({ key, instead }: ReaderChange, mark: (key: string) => string): string {
  const shown = (one: string) => displayText(mark(one))
  return instead.length === 0
    ? ` (${shown(key)})`
    : `: ANOTHER KEY under a known name (${list(instead.map(shown))} -> ${shown(key)}), which`
}

function field({ field, from, to }: { field: string; from: string | null; to: string }): string {
  const now = `${displayText(field)} ${displayText(to)}`
  return from === null ? now : `${now} (was ${displayText(from)})`
}

function places({ paths, patterns }: { paths: readonly BytePath[]; patterns: readonly string[] }): string {
  const files = paths.length === 0 ? [] : [list(paths.map(displayPath))]
  const later =
    patterns.length === 0 ? [] : [`files that match ${list(patterns.map((one) => displayText(one)))}`]
  return [...files, ...later].join(', and ')
}

function list(items: readonly string[]): string {
  const more = items.length - MOST_NAMED
  return more > 0 ? `${items.slice(0, MOST_NAMED).join(', ')} and ${more} more` : items.join(', ')
}
