import type { NixFact } from '../../nix/facts.ts'
import { nixEvalCommand } from './nix-eval-command.ts'
import { nixEvalRead } from './nix-eval-read.ts'
import { nixInlineSecret } from './nix-inline-secret.ts'
import { nixPlaintextFile } from './nix-plaintext-file.ts'
import { nixUnreadable } from './nix-unreadable.ts'
import { noDigest } from './no-digest.ts'
import { otherFormat } from './other-format.ts'
import { plaintextBlob } from './plaintext-blob.ts'
import type { NixRule, Rule } from './rule.ts'
import { staleRecipients } from './stale-recipients.ts'
import { submodule } from './submodule.ts'
import { symlink } from './symlink.ts'

/** Every rule for protected entries. */
export const RULES: readonly Rule[] = [
  plaintextBlob,
  staleRecipients,
  noDigest,
  otherFormat,
  symlink,
  submodule,
]

/** The rule for each kind of fact of a Nix file. */
export const NIX_RULES: { readonly [Kind in NixFact['kind']]: NixRule<Kind> } = {
  'inline-secret': nixInlineSecret,
  'file-option': nixPlaintextFile,
  'eval-read': nixEvalRead,
  'eval-command': nixEvalCommand,
  unreadable: nixUnreadable,
}
