import { asBuffer } from '../../age/as-buffer.ts'
import type { AgeIdentity } from '../../age/identity.ts'
import type { BytePath } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { decryptSops } from '../../sops/decrypt-sops.ts'
import { sopsKind } from '../../sops/sops-kind.ts'
import { readSopsMetadata, type SopsMetadata } from '../../sops/sops-metadata.ts'
import { MAX_SOPS_SIZE, mayBeSops } from '../may-be-sops.ts'
import { openDataKey } from './data-key.ts'

/** What became of opening a document. */
export type OpenedSops =
  | { readonly state: 'open'; readonly plaintext: Buffer; readonly metadata: SopsMetadata }
  | { readonly state: 'locked' }
  | { readonly state: 'damaged'; readonly reason: string }

/**
 * Opens a SOPS document: every value, and the MAC over all of them. Never throws for its sake.
 * @param bytes the whole of it
 * @returns null where it is none
 */
export async function openSops(
  path: BytePath,
  bytes: Buffer,
  identities: readonly AgeIdentity[],
): Promise<OpenedSops | null> {
  if (!mayBeSops(bytes)) return null
  if (bytes.length > MAX_SOPS_SIZE) return { state: 'damaged', reason: 'SOPS: too large' }
  const kind = sopsKind(path)
  try {
    const metadata = readSopsMetadata(bytes, kind)
    if (metadata === null) return null
    const dataKey = await openDataKey(metadata, identities)
    if (dataKey === null) return { state: 'locked' }
    return { state: 'open', plaintext: asBuffer(decryptSops(bytes, kind, dataKey)), metadata }
  } catch (fault) {
    // `refused`: what is not supported, as a data key that is split.
    if (fault instanceof NixsecretError && (fault.code === 'format' || fault.code === 'refused'))
      return { state: 'damaged', reason: fault.message }
    throw fault
  }
}
