import type { PolicyAt } from '../../blob/policies.ts'
import { POLICY_PATH, samePolicy } from '../../blob/tree-state.ts'
import type { Step } from '../entry.ts'
import type { Draft } from '../finding.ts'
import type { Rule } from './rule.ts'

/** A policy that is missing, does not parse or names nobody. */
export const policy: Rule & { judgeStep(step: Step, at: PolicyAt): Draft | null } = {
  id: 'policy',

  /** For a protected file: nobody can tell whether its readers are right. */
  judge({ entry, problem }) {
    if (problem === null) return null
    // A broken policy that is committed already must not stop commits that change no secret.
    return draft(entry.settled ? 'warning' : 'error', problem.message, problem.line)
  },

  /** Whether or not there is a protected file yet: what is added next would not be judged, or not be encrypted. */
  judgeStep({ commit, tip, state, change }, at) {
    if (!('problem' in at)) return null
    const before = change?.before ?? []
    const had = before.some((parent) => parent.policy !== null)
    if (state.policy === null && !state.group.protects && !had) return null
    const last = tip || commit === null
    const kept = before.some((parent) => samePolicy(parent, state) && parent.group === state.group)
    if (kept && !tip && commit !== null) return null
    const gone = state.policy === null && had && !state.group.protects
    const message = gone
      ? 'nixsecret.toml is taken away: nothing says any more what is to be encrypted for whom'
      : at.problem
    return draft(last && !(kept && commit === null) ? 'error' : 'warning', message, at.line)
  },
}

function draft(severity: Draft['severity'], message: string, line: number | null): Draft {
  return { severity, path: POLICY_PATH, line, message, remedy: 'mend-policy' }
}
