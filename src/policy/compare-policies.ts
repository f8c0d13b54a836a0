import type { BytePath } from '../byte-path.ts'
import type { Change } from './change.ts'
import { compareAllowances, compareHosts } from './compare-tables.ts'
import type { Policy, Rule, Settings } from './policy.ts'
import { formatOf, readersOf, storeOf } from './readers-of.ts'
import { EVERYTHING, PatternRelations } from './relate-patterns.ts'

export type { Change } from './change.ts'

/** What comparing needs to know. */
export interface CompareOptions {
  /** Protected files that git tracks. */
  readonly paths: readonly BytePath[]
  /** A public key as it is compared: canonical, without comment. Keys are what counts, never names. */
  readonly canonical: (key: string) => string
  /** Shared by comparisons that belong together, so that they are bounded together. */
  readonly relations?: PatternRelations
}

/**
 * What a policy gives that one at least of some others did not. For files that exist that is exact; for those that don't
 * yet, patterns are held against patterns, and what can't be told counts as gained: no change of the policy by which some
 * path gets another reader goes unseen.
 * @param before none: then all is new
 */
export function comparePolicies(
  before: readonly Policy[],
  after: Policy,
  { paths, canonical, relations = new PatternRelations() }: CompareOptions,
): Change[] {
  const sides = withNothing(before)
  const found = new Found(sides, after, canonical)
  for (const side of sides) {
    if (side !== NOTHING && side.text === after.text) continue
    const theirs = new KeySets(side, canonical)
    const ours = new KeySets(after, canonical)
    for (const path of paths) {
      const had = theirs.of(readersOf(side, path))
      for (const key of ours.of(readersOf(after, path))) if (!had.has(key)) found.reader(key, path)
      if (storeOf(after, path) !== null && storeOf(side, path) === null) found.store.paths.add(path)
      if (formatOf(after, path) === 'sops' && formatOf(side, path) !== 'sops') found.format.paths.add(path)
    }
    for (const [a, b, pattern] of meetings(side, after, 'to', relations)) {
      const had = theirs.of(b)
      for (const key of ours.of(a)) if (!had.has(key)) found.readerOf(key, pattern)
    }
    for (const [a, b, pattern] of meetings(side, after, 'store', relations))
      if (a !== null && b === null) found.store.patterns.add(pattern)
    for (const [a, b, pattern] of meetings(side, after, 'format', relations))
      if (a === 'sops' && b !== 'sops') found.format.patterns.add(pattern)
    if (relations.spent) anywhere(side, after, { theirs, ours }, found)
  }
  return [...found.changes(), ...compareAllowances(sides, after), ...compareHosts(sides, after)]
}

/** Where there is no policy to hold another one against, one that gives nothing. */
export function withNothing(policies: readonly Policy[]): readonly Policy[] {
  return policies.length === 0 ? [NOTHING] : policies
}

/** Whether a policy gives nothing, at any path, that another one does not. */
export function givesNoMore(
  policy: Policy,
  than: Policy,
  options: Pick<CompareOptions, 'canonical' | 'relations'>,
): boolean {
  return comparePolicies([than], policy, { paths: [], ...options }).length === 0
}

const NO_SETTINGS: Settings = { to: null, store: null, format: null, rotate: null }

/** Gives nothing to anybody. */
const NOTHING: Policy = {
  file: '',
  text: '',
  recipients: new Map(),
  groups: new Map(),
  default: NO_SETTINGS,
  rules: [],
  allow: [],
  hosts: new Map(),
}

/** Keys of lists of names, each list resolved once. */
class KeySets {
  readonly #policy: Policy
  readonly #canonical: CompareOptions['canonical']
  readonly #known = new Map<readonly string[], ReadonlySet<string>>()

  constructor(policy: Policy, canonical: CompareOptions['canonical']) {
    this.#policy = policy
    this.#canonical = canonical
  }

  of(names: readonly string[] | null): ReadonlySet<string> {
    if (names === null) return NOBODY
    let keys = this.#known.get(names)
    if (keys === undefined) {
      keys = new Set(names.map((name) => this.#canonical(this.#policy.recipients.get(name) ?? '')))
      this.#known.set(names, keys)
    }
    return keys
  }
}

const NOBODY: ReadonlySet<string> = new Set()

/** What was found so far. */
class Found {
  readonly #before: readonly Policy[]
  readonly #after: Policy
  readonly #canonical: CompareOptions['canonical']
  readonly #readers = new Map<string, Places>()
  readonly store = new Places()
  readonly format = new Places()

  constructor(before: readonly Policy[], after: Policy, canonical: CompareOptions['canonical']) {
    this.#before = before
    this.#after = after
    this.#canonical = canonical
  }

  reader(key: string, path: BytePath): void {
    this.#of(key).paths.add(path)
  }

  readerOf(key: string, pattern: string): void {
    this.#of(key).patterns.add(pattern)
  }

  changes(): Change[] {
    const names = new Map<string, string[]>()
    for (const [name, written] of this.#after.recipients) {
      const key = this.#canonical(written)
      names.set(key, [...(names.get(key) ?? []), name])
    }
    const changes: Change[] = [...this.#readers].map(([key, places]) => {
      const own = names.get(key) ?? []
      return { kind: 'reader', names: own, key, instead: this.#otherKeys(own, key), ...places.lists() }
    })
    if (this.store.any)
      changes.push({ kind: 'store', ...this.store.lists(), from: 'ciphertext', to: 'plaintext' })
    if (this.format.any) changes.push({ kind: 'format', ...this.format.lists(), from: 'age', to: 'sops' })
    return changes
  }

  #otherKeys(names: readonly string[], key: string): string[] {
    // Of the one that was accepted: those behind it were only seen.
    const had = names.flatMap((name) => this.#before[0]?.recipients.get(name) ?? [])
    return [...new Set(had.map(this.#canonical))].filter((other) => other !== key)
  }

  #of(key: string): Places {
    const places = this.#readers.get(key) ?? new Places()
    this.#readers.set(key, places)
    return places
  }
}

class Places {
  readonly paths = new Set<BytePath>()
  readonly patterns = new Set<string>()

  get any(): boolean {
    return this.paths.size + this.patterns.size > 0
  }

  lists(): { paths: BytePath[]; patterns: string[] } {
    return { paths: [...this.paths], patterns: [...this.patterns] }
  }
}

/** Where there are too many patterns to hold them against each other: whatever one path had, any may have had. */
function anywhere(
  before: Policy,
  after: Policy,
  { theirs, ours }: { readonly theirs: KeySets; readonly ours: KeySets },
  found: Found,
): void {
  const [first = NOBODY, ...others] = deciding(before, 'to').map(({ value }) => theirs.of(value))
  const had = new Set([...first].filter((key) => others.every((keys) => keys.has(key))))
  for (const { value } of deciding(after, 'to'))
    for (const key of ours.of(value)) if (!had.has(key)) found.readerOf(key, EVERYTHING)
  if (valuesOf(after, 'store').has('plaintext') && valuesOf(before, 'store').has(null))
    found.store.patterns.add(EVERYTHING)
  const formats = valuesOf(before, 'format')
  if (valuesOf(after, 'format').has('sops') && (formats.has('age') || formats.has(null)))
    found.format.patterns.add(EVERYTHING)
}

function valuesOf<Key extends Compared>(policy: Policy, key: Key): ReadonlySet<Settings[Key]> {
  return new Set(deciding(policy, key).map(({ value }) => value))
}

/** When a secret is to be changed gives nobody anything. */
type Compared = Exclude<keyof Settings, 'rotate'>

type Deciding<Key extends Compared> = { patterns: readonly string[]; value: Settings[Key] }

/**
 * Which values of a setting may take the place of which: for each pattern of the policy after, and the values that a path
 * which it decides may have had before; with the narrower of the two patterns. It ends early once `relations` is spent.
 */
function* meetings<Key extends Compared>(
  before: Policy,
  after: Policy,
  key: Key,
  relations: PatternRelations,
): Generator<[Settings[Key], Settings[Key], string]> {
  const former = deciding(before, key)
  const latter = deciding(after, key)
  const isSame = samePatterns(former, latter)
  const earlier: string[] = []
  for (const [i, { patterns, value }] of latter.entries()) {
    for (const pattern of patterns) {
      if (relations.spent) return
      if (earlier.some((other) => relations.contains(other, pattern))) continue
      if (isSame) {
        yield [value, (former[i] as Deciding<Key>).value, pattern]
        continue
      }
      const path = relations.onlyPath(pattern)
      if (path !== null) yield [value, settingAt(before, path, key), pattern]
      else yield* metBy(pattern, value, former, earlier, relations)
    }
    earlier.push(...patterns)
  }
}

/** Whether of two policies the same rule decides, whatever the path: mostly only readers change. */
function samePatterns(one: readonly Deciding<Compared>[], other: readonly Deciding<Compared>[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ patterns }, i) => {
      const others = other[i]?.patterns ?? []
      return patterns.length === others.length && patterns.every((pattern, j) => pattern === others[j])
    })
  )
}

function* metBy<Value>(
  pattern: string,
  value: Value,
  former: readonly { readonly patterns: readonly string[]; readonly value: Value }[],
  earlier: readonly string[],
  relations: PatternRelations,
): Generator<[Value, Value, string]> {
  for (const { patterns, value: had } of former) {
    for (const other of patterns) {
      if (relations.spent) return
      const apart = relations.disjoint(other, pattern)
      if (!apart && !earlier.some((first) => relations.contains(first, other)))
        yield [value, had, relations.contains(pattern, other) ? other : pattern]
    }
    if (patterns.some((other) => relations.contains(other, pattern))) return
  }
}

/** The rules that have a setting, in their order, and the default behind them. */
function deciding<Key extends Compared>(policy: Policy, key: Key): Deciding<Key>[] {
  const rules = policy.rules.filter((rule) => rule[key] !== null)
  return [
    ...rules.map((rule: Rule) => ({ patterns: rule.paths, value: rule[key] })),
    { patterns: [EVERYTHING], value: policy.default[key] },
  ]
}

function settingAt<Key extends Compared>(policy: Policy, path: BytePath, key: Key): Settings[Key] {
  const of = { to: readersOf, store: storeOf, format: formatOf } as const
  return of[key](policy, path) as Settings[Key]
}
