import { displayPath, displayText } from '../../byte-path.ts'
import type { Exposed, Outstanding } from '../../secret/rotation/outstanding.ts'
import type { Overdue } from '../../secret/rotation/overdue.ts'
import { paintFor } from '../print.ts'
import { columns } from '../secret/columns.ts'
import { dayOf } from '../secret/day-of.ts'
import { shortKey } from '../secret/short-key.ts'

/** Characters of a commit's id that are shown. */
const SHORT = 10

/** What is outstanding, by recipient, as lines. */
export function renderOutstanding(outstanding: readonly Outstanding[]): string[] {
  const byKey = new Map<string, Outstanding[]>()
  for (const one of outstanding) byKey.set(one.key, [...(byKey.get(one.key) ?? []), one])
  return [...byKey]
    .map(([key, list]) => ({ name: nameOf(list[0] as Outstanding, key), list }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(({ name, list }) => [
      paintFor(process.stdout)('bold', `${name} knows`),
      ...columns(list.map(row)).map((line) => `  ${line}`),
    ])
}

/** Secrets that lie in git as plaintext, as lines. */
export function renderExposed(exposed: readonly Exposed[]): string[] {
  if (exposed.length === 0) return []
  const head = paintFor(process.stdout)(
    'bold',
    'whoever has the repository knows, since it is plaintext there',
  )
  const rows = exposed.map(({ path, opened }) => [
    displayPath(path),
    `in ${opened.commit.slice(0, SHORT)}${as(path, opened)}`,
  ])
  return [head, ...columns(rows).map((line) => `  ${line}`)]
}

/** Secrets that are to be changed by their age, as lines. */
export function renderOverdue(overdue: readonly Overdue[]): string[] {
  if (overdue.length === 0) return []
  const rows = overdue.map((one) => [displayPath(one.path), overdueText(one)])
  const head = paintFor(process.stdout)('bold', 'nixsecret.toml wants changed')
  return [head, ...columns(rows).map((line) => `  ${line}`)]
}

/** Why a secret is to be changed by its age, in words. */
export function overdueText({ days, unsure }: Overdue): string {
  const age = days === 1 ? '1 day' : `${days} days`
  return unsure === null
    ? `not changed for ${age} or longer`
    : `to change every ${age}; last change not known: ${unsure}`
}

/** A recipient as people know it: its names, and the end of its key, since a name may have another key now. */
export function nameOf({ names }: Pick<Outstanding, 'names'>, key: string): string {
  const [name, ...others] = names.map(displayText)
  const before = others.length === 0 ? '' : `, before ${others.join(', ')}`
  return name === undefined ? shortKey(key) : `${name}${before} (${shortKey(key)})`
}

function row(one: Outstanding): string[] {
  const { path, opened, unsure, stillSealed } = one
  const could = `could read it in ${opened.commit.slice(0, SHORT)}${as(path, opened)}`
  const still = stillSealed ? ['can read it still: not rekeyed'] : []
  const maybe = unsure === null ? [] : [`perhaps: ${unsure}`]
  return [displayPath(path), lostText(one), [...still, could, ...maybe].join('; ')]
}

function lostText({ lost, lostHow }: Outstanding): string {
  const how = lostHow === 'moved' ? 'moved away' : 'lost access'
  if (lost !== null) return `${how} ${dayOf(lost.time)} in ${lost.oid.slice(0, SHORT)}`
  return lostHow === 'uncommitted' ? 'loses access once you commit' : 'never a reader on this branch'
}

function as(path: string, opened: Outstanding['opened']): string {
  return opened.path === path ? '' : ` as ${displayPath(opened.path)}`
}
