import type { RuleId } from '../finding.ts'

/**
 * Rules that what is being pushed cannot silence: plaintext of a secret is gone for good once others have it, and
 * whoever pushes it would else allow it to himself. A comment never silences them.
 */
export const GATE_RULES: ReadonlySet<RuleId> = new Set([
  'plaintext-blob',
  'protection-dropped',
  'unfiltered-path',
  'policy',
  'private-key',
  'new-recipient',
  'unsigned',
])
