import type { BytePath } from '../../../byte-path.ts'
import type { Change } from '../../../policy/change.ts'
import { comparePolicies } from '../../../policy/compare-policies.ts'
import type { Policy } from '../../../policy/policy.ts'
import type { PatternRelations } from '../../../policy/relate-patterns.ts'
import { type AttributeLines, attributesDifference } from '../attributes/attributes-difference.ts'
import { canonical } from '../canonical.ts'

/** What a tree says of who may read what. */
export interface Side {
  /** Null where there is none that parses. */
  readonly policy: Policy | null
  readonly attributes: AttributeLines
}

/** What trees are compared by. */
export interface Comparing {
  /** Protected files. */
  readonly paths: readonly BytePath[]
  /** One for all trees of a command: whoever pushes may push many. Once it is spent, more may be told than there is. */
  readonly relations: PatternRelations
}

/** What was there, or was accepted: policies, each of which had to give it, and lines of attributes. */
export interface Had {
  readonly policies: readonly Policy[]
  readonly attributes: ReadonlyMap<BytePath, readonly string[]>
}

/** What a tree gives that was not there before. */
export function gainsBeyond(
  { policies, attributes }: Had,
  after: Side,
  { paths, relations }: Comparing,
): Change[] {
  const { policy } = after
  const lines = attributesDifference(attributes, after.attributes, relations)
  if (policy === null) return lines
  const others = policies.filter(({ text }) => text !== policy.text)
  if (others.length > 0 || policies.length === 0)
    for (const one of [...others, policy]) relations.charge(paths.length * patternsOf(one))
  // Of patterns all that there may be is told then, wherever it is.
  const options = { paths: relations.spent ? [] : paths, canonical, relations }
  return [...comparePolicies(policies, policy, options), ...lines]
}

function patternsOf({ rules }: Policy): number {
  return rules.reduce((sum, { paths }) => sum + paths.length, 0)
}

/** What one tree gives that another did not. */
export function gainsBetween(before: Side, after: Side, by: Comparing): Change[] {
  const policies = before.policy === null ? [] : [before.policy]
  return gainsBeyond({ policies, attributes: textsOf(before.attributes) }, after, by)
}

/**
 * What a merge itself gives: what a side lacked, and the other had not gained since they parted. Without that, what one
 * side took away and a merge brings back would be nobody's doing.
 * @param parents at least two, each with what it was when it and the others parted
 */
export function mergeGains(
  parents: readonly { readonly side: Side; readonly bases: readonly Side[] }[],
  after: Side,
  by: Comparing,
): Change[] {
  const own = new Map<string, Change>()
  for (const [i, { side }] of parents.entries()) {
    const brought = parents.flatMap((other, j) =>
      j === i ? [] : other.bases.map((base) => gainsBetween(base, other.side, by)),
    )
    // What may not be true of the others takes nothing away from it.
    const known = by.relations.spent ? [] : brought
    for (const change of gainsBetween(side, after, by)) {
      const left = known.reduce<Change | null>((rest, gains) => rest && without(rest, gains), change)
      if (left !== null) own.set(changeKey(left), left)
    }
  }
  return [...own.values()]
}

/** What of a change is none of these; null where nothing is left. */
function without(change: Change, others: readonly Change[]): Change | null {
  const same = others.filter((other) => changeKey(other) === changeKey(change))
  if (!('patterns' in change) || change.kind === 'allow') return same.length > 0 ? null : change
  const known = new Set(same.flatMap((other) => ('patterns' in other ? other.patterns : [])))
  const paths = new Set(same.flatMap((other) => ('paths' in other ? other.paths : [])))
  const left = {
    ...change,
    paths: change.paths.filter((path) => !paths.has(path)),
    patterns: change.patterns.filter((pattern) => !known.has(pattern)),
  }
  return left.paths.length + left.patterns.length > 0 ? left : null
}

/** What a change is about, wherever it reaches: the same key, line, host, or setting. */
export function changeKey(change: Change): string {
  switch (change.kind) {
    case 'reader':
      return `reader ${change.key}`
    case 'store':
    case 'format':
      return change.kind
    case 'allow':
      return `allow ${change.rule} ${change.patterns.join(' ')}`
    case 'host':
      return `host ${change.name} ${JSON.stringify(change.fields)}`
    case 'unprotected':
      return `unprotected ${change.file} ${change.gone} ${change.line}`
    case 'moved':
      return `moved ${change.opens} ${change.path}`
  }
}

function textsOf(lines: AttributeLines): ReadonlyMap<BytePath, readonly string[]> {
  return new Map([...lines].map(([file, own]) => [file, own.map(({ line }) => line)]))
}
