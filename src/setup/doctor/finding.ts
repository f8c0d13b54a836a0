/** How a check went. A `problem` means that a gate is open; a `warning`, that something may leak or surprise. */
export type Level = 'ok' | 'warning' | 'problem'

/** The outcome of one check. */
export interface Diagnosis {
  /** Stable: `--json` has it. */
  readonly id: string
  readonly level: Level
  /** What was found, for people; lower case, no full stop. */
  readonly message: string
  /** Commands to paste. */
  readonly hints: readonly string[]
}

/** All is well. */
export function fine(id: string, message: string): Diagnosis {
  return { id, level: 'ok', message, hints: [] }
}

/** Something may leak or surprise. */
export function warning(id: string, message: string, ...hints: string[]): Diagnosis {
  return { id, level: 'warning', message, hints }
}

/** A gate is open. */
export function problem(id: string, message: string, ...hints: string[]): Diagnosis {
  return { id, level: 'problem', message, hints }
}
