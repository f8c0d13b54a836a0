import { parseRecipient } from '../age/recipient.ts'
import { policyFrom } from '../blob/policy-from.ts'
import { readersFor } from '../blob/readers.ts'
import type { BytePath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { newPolicy } from '../policy/edit-policy.ts'
import { extendPolicy, type NewRule } from '../policy/extend-policy.ts'
import type { Format, Policy } from '../policy/policy.ts'
import { formatOf } from '../policy/readers-of.ts'
import { broadRules } from './broad-rules.ts'
import { escapePattern } from './escape-pattern.ts'
import type { ImportGroup, ImportPlan } from './import-plan.ts'
import type { PreparedSecret } from './prepared-secret.ts'
import type { NewRecipient, ReaderBook } from './reader-book.ts'

/** The policy that an import needs. */
export interface PolicyChange {
  /** Null where there is no policy yet. */
  readonly before: string | null
  readonly after: string
  /** The same change of another text. */
  readonly edit: (text: string) => string
  readonly recipients: readonly NewRecipient[]
  readonly groups: readonly { readonly name: string; readonly members: readonly string[] }[]
  /** Those for many files at once come last. */
  readonly rules: readonly NewRule[]
}

/** What decides on a change of the policy beside what the secrets need. */
export interface PolicyChangeOptions {
  readonly plan: ImportPlan
  readonly book: ReaderBook
  /** Public keys of the user: in a new policy, readers of what no rule names. */
  readonly own: readonly string[]
  /** Protected files that do not come in: their readers stay. */
  readonly others: readonly BytePath[]
}

/**
 * Plans what the policy is to say, so that every secret has just the readers that it had. What it says already stays.
 * @param text of the policy, null where there is none
 * @throws NixsecretError `policy` where the text can't be edited so
 */
export function planPolicyChange(
  { text, policy }: { readonly text: string | null; readonly policy: Policy | null },
  secrets: readonly PreparedSecret[],
  { plan, book, own, others }: PolicyChangeOptions,
): PolicyChange {
  const open = secrets.filter(({ secret, readers }) => {
    if (secret.readers === null) return false
    if (policy === null || digestFor(policy, secret.path) !== readers.digest) return true
    return formatOf(policy, secret.path) !== formatFor(secret)
  })
  const groups = new GroupNames(policy, plan.groups, book)
  const settled = secrets.filter((secret) => !open.includes(secret)).map(({ secret }) => secret.path)
  const broad = broadRules(plan.rules ?? [], { policy, book, open, others: [...others, ...settled] })
  const rules = rulesFor(
    open.filter((secret) => !broad.covers(secret)),
    groups,
  )
  const used = groups.used()
  const fallback = text === null ? defaultReaders(secrets, book, own) : []
  const names = [...open.flatMap(({ readers }) => readers.names), ...used.flatMap(({ members }) => members)]
  const recipients = book.newAmong([...fallback, ...names])
  const start = text ?? newPolicy({ recipients, to: fallback })
  const added = text === null ? [] : recipients
  const edit = (from: string) =>
    extendPolicy(from, { recipients: added, groups: used, rules, lastRules: broad.rules })
  const after = edit(start)
  confirm(after, secrets)
  return { before: text, after, edit, recipients, groups: used, rules: [...rules, ...broad.rules] }
}

function digestFor(policy: Policy, path: BytePath): string | null {
  try {
    return readersFor(policy, path).digest
  } catch (fault) {
    if (fault instanceof NixsecretError) return null
    throw fault
  }
}

function formatFor({ format }: PreparedSecret['secret']): Format {
  return format ?? 'age'
}

/** One rule for each set of readers, in order of first mention. */
function rulesFor(secrets: readonly PreparedSecret[], groups: GroupNames): NewRule[] {
  const rules = new Map<string, { paths: string[]; to: string[]; format: Format }>()
  for (const { secret, readers } of secrets) {
    const to = groups.shorten(readers.names)
    const format = formatFor(secret)
    const key = [format, ...[...to].sort()].join('\n')
    const rule = rules.get(key) ?? { paths: [], to, format }
    rule.paths.push(escapePattern(secret.path) as string)
    rules.set(key, rule)
  }
  return [...rules.values()]
}

/** Groups of the source, by the names that they have in the policy. */
class GroupNames {
  readonly #groups: { name: string; members: readonly string[]; isNew: boolean }[] = []
  readonly #used = new Set<string>()

  constructor(policy: Policy | null, groups: readonly ImportGroup[], book: ReaderBook) {
    for (const group of groups) {
      const members = [...new Set(group.members.flatMap((key) => nameOrNone(book, key)))]
      // A group of one is a name for a name.
      if (members.length < 2) continue
      const there = [...(policy?.groups ?? [])].find(([, names]) => sameSet(names, members))?.[0]
      if (this.#groups.some((other) => sameSet(other.members, members))) continue
      this.#groups.push({ name: there ?? group.name, members, isNew: there === undefined })
    }
    // The largest first, so that a group within another is not taken in its stead.
    this.#groups.sort((a, b) => b.members.length - a.members.length)
    for (const group of this.#groups) if (group.isNew) group.name = book.claimGroup(group.name)
  }

  /** Names, those of whole groups replaced by `@GROUP`. */
  shorten(names: readonly string[]): string[] {
    const left = new Set(names)
    const to: string[] = []
    for (const { name, members } of this.#groups) {
      if (!members.every((member) => left.has(member))) continue
      for (const member of members) left.delete(member)
      to.push(`@${name}`)
      this.#used.add(name)
    }
    return [...to, ...left]
  }

  used() {
    return this.#groups.filter(({ name, isNew }) => isNew && this.#used.has(name))
  }
}

function nameOrNone(book: ReaderBook, key: string): string[] {
  try {
    return [book.nameOf(key)]
  } catch (fault) {
    if (fault instanceof NixsecretError) return []
    throw fault
  }
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name))
}

/** In a new policy: the user, if he reads any of it; else who reads all of it; else the user all the same, as with init. */
function defaultReaders(
  secrets: readonly PreparedSecret[],
  book: ReaderBook,
  own: readonly string[],
): string[] {
  const mine = new Set(own.map((key) => parseRecipient(key).canonical))
  const known = new Set<string>()
  for (const { readers } of secrets) {
    for (const { canonical } of readers.recipients) if (mine.has(canonical)) known.add(canonical)
  }
  if (known.size > 0) return [...known].map((key) => book.nameOf(key))
  const [first, ...others] = secrets
  const common = first?.readers.names.filter((name) =>
    others.every(({ readers }) => readers.names.includes(name)),
  )
  if (common !== undefined && common.length > 0) return common
  return own[0] === undefined ? [] : [book.nameOf(own[0])]
}

/** What comes out must be a sound policy, and name just the readers that the secrets were prepared for. */
function confirm(text: string, secrets: readonly PreparedSecret[]): void {
  const policy = policyFrom(text)
  const isSo = ({ secret, readers }: PreparedSecret) =>
    digestFor(policy, secret.path) === readers.digest && formatOf(policy, secret.path) === formatFor(secret)
  if (secrets.every(isSo)) return
  throw new NixsecretError(
    'policy',
    'cannot add these rules to nixsecret.toml without harm; add them by hand',
  )
}
