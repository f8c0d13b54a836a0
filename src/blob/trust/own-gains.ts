import { parseRecipient } from '../../age/recipient.ts'
import type { BytePath } from '../../byte-path.ts'
import type { Change } from '../../policy/change.ts'
import { comparePolicies } from '../../policy/compare-policies.ts'
import type { Policy } from '../../policy/policy.ts'
import { type AttributeLines, attributesDifference } from './attributes-difference.ts'

/** What a tree says of who may read what. */
export interface Side {
  /** Null where there is none that parses. */
  readonly policy: Policy | null
  readonly attributes: AttributeLines
}

/**
 * What one tree gives that another did not.
 * @param paths protected files
 */
export function gainsBetween(before: Side, after: Side, paths: readonly BytePath[]): Change[] {
  const policies = before.policy === null ? [] : [before.policy]
  const gains =
    after.policy === null
      ? []
      : comparePolicies(policies, after.policy, { paths, canonical: (key) => parseRecipient(key).canonical })
  return [...gains, ...attributesDifference(textsOf(before.attributes), after.attributes)]
}

/**
 * What a merge itself gives: what a side lacked, and the other had not gained since they parted. Without that, what one
 * side took away and a merge brings back would be nobody's doing.
 * @param parents at least two, each with what it was when it and the others parted
 */
export function mergeGains(
  parents: readonly { readonly side: Side; readonly bases: readonly Side[] }[],
  after: Side,
  paths: readonly BytePath[],
): Change[] {
  const own = new Map<string, Change>()
  for (const [i, { side }] of parents.entries()) {
    const brought = parents.flatMap((other, j) =>
      j === i ? [] : other.bases.map((base) => gainsBetween(base, other.side, paths)),
    )
    for (const change of gainsBetween(side, after, paths)) {
      const left = brought.reduce<Change | null>((rest, gains) => rest && without(rest, gains), change)
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
