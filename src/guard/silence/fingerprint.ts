import type { BytePath } from '../../byte-path.ts'
import type { RuleId } from '../finding.ts'
import type { Raised } from '../raised.ts'
import { GATE_RULES } from './gate-rules.ts'

/** What silencing has to know of a finding. */
export interface Silenceable {
  readonly rule: RuleId
  readonly draft: Pick<Raised['draft'], 'path' | 'line' | 'subject' | 'together'>
  readonly entry: Pick<Raised['entry'], 'commit' | 'path' | 'oid' | 'origin'> & {
    readonly state: Pick<Raised['entry']['state'], 'policy'>
  }
  readonly later: Raised['later']
}

/**
 * What a finding is known by when it is met again. Within a file: what it is about, which outlives edits of the file.
 * About a whole file, and for every rule that guards a push: that very version, as the next may hold another secret.
 * No hash of a line or value: that would confirm a guess of it.
 */
export interface Fingerprint {
  readonly rule: RuleId
  readonly path: BytePath
  readonly about: 'subject' | 'blob'
  /** A subject, or an object id. */
  readonly value: string
}

/** The fingerprint of a finding. */
export function fingerprintOf({ rule, draft, entry }: Silenceable): Fingerprint {
  const path = pathOf({ draft, entry })
  // It is told of whichever file was judged by the policy; what it is about is the policy.
  if (rule === 'policy') {
    const oid = entry.state.policy?.oid
    return oid === undefined
      ? { rule, path, about: 'subject', value: 'missing' }
      : { rule, path, about: 'blob', value: oid }
  }
  // What it is about is the commit: another may bring the same version of the file back.
  const ofCommit = rule === 'unsigned' || rule === 'new-recipient'
  if (draft.subject === undefined || (GATE_RULES.has(rule) && !ofCommit))
    return { rule, path, about: 'blob', value: entry.oid }
  return { rule, path, about: 'subject', value: draft.subject }
}

/** The path that a finding is told of. */
export function pathOf({ draft, entry }: Pick<Silenceable, 'draft' | 'entry'>): BytePath {
  return draft.path ?? entry.path
}

/** Every path that must be allowed, for the finding to be. */
export function pathsOf({ draft, entry }: Pick<Silenceable, 'draft' | 'entry'>): readonly BytePath[] {
  return draft.together ?? [pathOf({ draft, entry })]
}

/** As a key of maps. */
export function keyOf({ rule, path, about, value }: Fingerprint): string {
  return [rule, about, path, value].join('\0')
}
