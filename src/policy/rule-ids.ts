import { closestName } from './closest-name.ts'
import { quoteName } from './quote-name.ts'

/** The rules of `check`, as allowances name them. Ids never change: people silence and search for them. */
export const RULE_IDS = [
  'plaintext-blob',
  'protection-dropped',
  'stale-recipients',
  'no-digest',
  'other-format',
  'unfiltered-path',
  'symlink',
  'submodule',
  'policy',
  'loose-object',
  'new-recipient',
  'unsigned',
  'nix-inline-secret',
  'nix-plaintext-file',
  'nix-eval-read',
  'nix-eval-command',
  'nix-unreadable',
  'private-key',
  'credential',
] as const

/** The id of a rule. */
export type RuleId = (typeof RULE_IDS)[number]

/**
 * The id of a rule, from text that people write.
 * @returns or else what is wrong with it, and what may be meant
 */
export function readRuleId(text: string): { readonly rule: RuleId } | { readonly problem: string } {
  if (isRuleId(text)) return { rule: text }
  const near = closestName(text, RULE_IDS)
  const help = near === null ? `known: ${RULE_IDS.join(', ')}` : `did you mean "${near}"?`
  return { problem: `unknown rule ${quoteName(text)}; ${help}` }
}

/** Whether a text is the id of a rule. */
export function isRuleId(text: string): text is RuleId {
  return (RULE_IDS as readonly string[]).includes(text)
}
