import type { BytePath } from '../byte-path.ts'
import type { RuleId } from '../policy/rule-ids.ts'

export type { RuleId } from '../policy/rule-ids.ts'

/** `error` stops a commit or push; `warning` and `note` do not. */
export type Severity = 'error' | 'warning' | 'note'

/** Something that should not leave this machine, as data. It never holds secret bytes. */
export interface Finding {
  readonly rule: RuleId
  readonly severity: Severity
  /** Object id of the commit; null for the index. */
  readonly commit: string | null
  /** Untrusted: escape before printing. */
  readonly path: BytePath
  /** From 1; null where the finding is about the whole file. */
  readonly line: number | null
  readonly column: number | null
  /** What, and why it matters; lower case, no full stop. */
  readonly message: string
  /** What mends it: commands to paste, one a line; lines that begin with `#` are remarks. */
  readonly hint: string
}

/** What a check found, and how much it looked at. */
export interface CheckResult {
  readonly findings: readonly Finding[]
  /** Findings that somebody allowed. */
  readonly silenced: number
  /** What is wrong with a baseline, so that it silences nothing. */
  readonly problems: readonly string[]
  readonly looked: Looked
}

/** How much was looked at. */
export interface Looked {
  readonly commits: number
  /** Protected blobs. */
  readonly blobs: number
  /** Files that nothing protects and whose content was read. */
  readonly files: number
  /** Whether, the history being long, files of earlier commits were read only if their names speak for secrets. */
  readonly byName: boolean
  /** Whether files were left unread that a partial clone has not, and whose names clear them. */
  readonly leftOut: boolean
  /** Whether commits are missing that a shallow clone has not. */
  readonly cutOff?: true
}

/**
 * What mends a finding, before it is known where the commit is. `restage-later`: as `restage`, but only a tip's
 * attributes protect the path, not the commit's own.
 */
export type Remedy =
  | 'restage'
  | 'restage-later'
  | 'restore'
  | 'lock'
  | 'seal-here'
  | 'protect'
  | 'protect-again'
  | 'rekey'
  | 'untrack'
  | 'mend-policy'
  | 'filter'
  | 'take-out'
  | 'hide-key'
  | 'seal-file'
  | 'read-later'
  | 'split'
  | 'look-at-setting'
  | 'sign'
  | 'allow-signer'
  | 'review'

/** What a rule says of one entry. */
export interface Draft {
  readonly severity: Severity
  /** Where it is not about the entry itself. */
  readonly path?: BytePath
  /** Where the file was protected, if that was another path. */
  readonly from?: BytePath
  /**
   * What within the file it is about (an option, another file, a kind of key), so that it is known again when lines
   * move. Never bytes of a secret; untrusted.
   */
  readonly subject?: string
  /** Every path that it is of, where that is more than one: whoever allows it must allow all of them. */
  readonly together?: readonly BytePath[]
  readonly line?: number | null
  readonly column?: number | null
  readonly message: string
  readonly remedy: Remedy
}

/** Whether a result must stop what is going on. */
export function hasErrors(result: Pick<CheckResult, 'findings'>): boolean {
  return result.findings.some((finding) => finding.severity === 'error')
}
