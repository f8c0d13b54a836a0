import type { AgeIdentity } from '../age/identity.ts'
import type { BytePath } from '../byte-path.ts'
import { headerDigest } from './judge-readers.ts'
import { mayBeSops } from './may-be-sops.ts'
import { type Opened, openBlob } from './open-blob.ts'
import { sopsMemoKey } from './sops-memo-key.ts'

/** What became of opening a file. */
export type OpenedFile =
  | {
      readonly state: 'open'
      readonly plaintext: Buffer
      /** How the memo knows its readers; null where it does not say whom it is for. */
      readonly digest: string | null
    }
  | Exclude<Opened, { readonly state: 'open' }>

/**
 * Opens what a protected path holds: an age file or a SOPS document, by its content, whatever the policy says now.
 * Never throws for its sake.
 * @param bytes the whole of it
 */
export async function openFile(
  path: BytePath,
  bytes: Buffer,
  identities: readonly AgeIdentity[],
): Promise<OpenedFile> {
  const opened = await openBlob(bytes, identities)
  if (opened.state === 'open')
    return { state: 'open', plaintext: opened.plaintext, digest: headerDigest(opened.header) }
  if (opened.state !== 'plaintext' || !mayBeSops(bytes)) return opened
  const { openSops, sopsDigest } = await import('./sops-files.ts')
  const document = await openSops(path, bytes, identities)
  if (document?.state !== 'open') return document ?? opened
  const digest = sopsDigest(document.metadata)
  const { plaintext } = document
  return { state: 'open', plaintext, digest: digest === null ? null : sopsMemoKey(path, digest) }
}
