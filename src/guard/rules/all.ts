import { noDigest } from './no-digest.ts'
import { plaintextBlob } from './plaintext-blob.ts'
import { policy } from './policy.ts'
import type { Rule } from './rule.ts'
import { staleRecipients } from './stale-recipients.ts'
import { submodule } from './submodule.ts'
import { symlink } from './symlink.ts'

/** Every rule for protected entries. */
export const RULES: readonly Rule[] = [plaintextBlob, staleRecipients, noDigest, symlink, submodule, policy]
