import type { Expr } from './ast.ts'
import type { FactCollector } from './fact-collector.ts'
import type { Trust } from './inline-secret.ts'
import type { Step } from './option-path.ts'
import type { Budget } from './resolve.ts'
import type { Scope } from './scope.ts'

/** Where an expression stands, and what becomes of its value. */
export interface Place {
  readonly step: Step | null
  /** Whether a set here is one of several, as in a list. */
  readonly item: boolean
  /** Whether a list here only holds what is merged, as that of `mkMerge`. */
  readonly merged: boolean
  /** What reads a path that stands here; null for no function. */
  readonly how: string | null
  /** A path here is only looked at. */
  readonly quiet: boolean
  /** A text here becomes the file that the option takes. */
  readonly written: boolean
  readonly trust: Trust
  /** How many names were followed to come here. */
  readonly follows: number
}

/** Longer ways from name to name are not followed. */
export const MAX_FOLLOWS = 6

/** Expressions that may be walked a second time, because a name leads to them, and steps on the way there. */
export const BUDGET = 200_000

/** The top of a file. */
export const TOP: Place = {
  step: null,
  item: false,
  merged: false,
  how: null,
  quiet: false,
  written: false,
  trust: 'config',
  follows: 0,
}

/** What the parts of the walk share. */
export interface Walk {
  readonly facts: FactCollector
  readonly budget: Budget
  /** By what names led to, from where. */
  readonly followed: Map<Expr, Set<string>>
  visit(expr: Expr, scope: Scope, place: Place): void
}

/** The place of what is no part of the value: a condition, an argument of an unknown function. */
export function beside({ quiet, trust, follows }: Place): Place {
  return { step: null, item: false, merged: false, how: null, quiet, written: false, trust, follows }
}

/** The place of an attribute's value. */
export function under({ step, item, quiet, trust, follows }: Place, name: string): Place {
  return {
    step: { name, up: item ? { name: '*', up: step } : step },
    item: false,
    merged: false,
    how: null,
    quiet,
    written: false,
    trust: trust === 'config' && name.startsWith('vmVariant') ? 'vm' : trust,
    follows,
  }
}
