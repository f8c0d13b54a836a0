import { NixsecretError } from '../../errors.ts'
import { lazyPattern } from '../../policy/lazy-pattern.ts'
import type { Allowance } from '../../policy/policy.ts'
import { quoteName } from '../../policy/quote-name.ts'
import { readRuleId } from '../../policy/rule-ids.ts'

/** One value of git config `nixsecret.allow`. */
export type ServerAllowance = Pick<Allowance, 'rules' | 'matchers'>

/**
 * Reads what the server's administrator allows: `RULE PATTERN`, and behind ` # ` why, if he likes. The pattern is one
 * as in the policy; it may hold spaces.
 * @param values of `git config --get-all nixsecret.allow`
 * @throws NixsecretError `refused` for a value that is not understood: nobody can say then what may pass
 */
export function parseServerAllow(values: readonly string[]): ServerAllowance[] {
  return values.map((value) => {
    const [, id = '', pattern = ''] = /^(\S+)[ \t]+([^#].*?)(?:[ \t]+#[ \t].*)?$/.exec(value.trim()) ?? []
    if (id === '') throw fault(value, 'write RULE PATTERN, as in "private-key /test/*.key"')
    const read = readRuleId(id)
    if ('problem' in read) throw fault(value, read.problem)
    try {
      return { rules: [read.rule], matchers: [lazyPattern(pattern)] }
    } catch (error) {
      if (!(error instanceof NixsecretError)) throw error
      throw fault(value, error.message)
    }
  })
}

function fault(value: string, why: string): NixsecretError {
  const hints = ['# on the server:', 'git config --show-origin --get-all nixsecret.allow']
  return new NixsecretError('refused', `git config nixsecret.allow = ${quoteName(value)}: ${why}`, { hints })
}
