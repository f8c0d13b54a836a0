import { parseRecipient } from '../age/recipient.ts'
import { parsePolicy } from '../policy/parse-policy.ts'
import type { Policy } from '../policy/policy.ts'
import { POLICY_FILE } from './policy-file-name.ts'

/**
 * A policy from text, its keys checked as age recipients.
 * @throws NixsecretError `policy` with file and line
 */
export function policyFrom(text: string, file: string = POLICY_FILE): Policy {
  return parsePolicy(text, file, parseRecipient)
}
