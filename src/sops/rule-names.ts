import type { SopsRuleName } from './sops-types.ts'

/** The settings by which a SOPS document says which of its values and comments are encrypted. */
export const RULE_NAMES: readonly SopsRuleName[] = [
  'unencrypted_suffix',
  'encrypted_suffix',
  'unencrypted_regex',
  'encrypted_regex',
  'unencrypted_comment_regex',
  'encrypted_comment_regex',
]
