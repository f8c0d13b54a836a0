import { POLICY_PATH } from '../tree-state.ts'
import type { Rule } from './rule.ts'

/** A policy that is missing, does not parse or names nobody, at a commit that has files to judge by it. */
export const policy: Rule = {
  id: 'policy',
  judge({ entry, problem }) {
    if (problem === null) return null
    // A broken policy that is committed already must not stop commits that change no secret.
    const severity = entry.settled ? 'warning' : 'error'
    return {
      severity,
      path: POLICY_PATH,
      line: problem.line,
      message: problem.message,
      remedy: 'mend-policy',
    }
  },
}
