import type { BytePath } from '../byte-path.ts'
import type { Allowance } from './policy.ts'
import type { RuleId } from './rule-ids.ts'

/** Whether one of the allowances is for a rule's finding at a path. */
export function allows(
  allowances: readonly Pick<Allowance, 'rules' | 'matchers'>[],
  rule: RuleId,
  path: BytePath,
): boolean {
  return allowances.some(
    ({ rules, matchers }) => rules.includes(rule) && matchers.some((matches) => matches(path)),
  )
}
