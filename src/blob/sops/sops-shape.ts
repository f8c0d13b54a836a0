import type { BytePath } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { leftOpen } from '../../sops/left-open.ts'
import { sopsKind } from '../../sops/sops-kind.ts'
import { readSopsMetadata, type SopsMetadata, type SopsRuleName } from '../../sops/sops-metadata.ts'
import { isSealedDocument } from '../is-sealed-document.ts'
import { MAX_SOPS_SIZE, mayBeSops } from '../may-be-sops.ts'

/** What a SOPS document is, as far as that shows without a key. Whether its MAC fits, only a key can tell. */
export type SopsShape =
  | {
      readonly kind: 'sops'
      readonly metadata: SopsMetadata
      /** The setting of its own by which it leaves values as plaintext, if it does; null for what names say of themselves. */
      readonly leftOpen: SopsRuleName | null
    }
  /** Meant to be one, and no whole one, or with values that should be encrypted and are not. */
  | { readonly kind: 'broken'; readonly of: 'sops'; readonly reason: string }

/**
 * Whether a content is a SOPS document, of the format that its path says.
 * @param bytes the whole of it
 * @returns null where it is none
 */
export function sopsShape(path: BytePath, bytes: Buffer): SopsShape | null {
  if (!mayBeSops(bytes)) return null
  if (bytes.length > MAX_SOPS_SIZE)
    return { kind: 'broken', of: 'sops', reason: `SOPS: larger than ${MAX_SOPS_SIZE >> 20} MiB` }
  try {
    const kind = sopsKind(path)
    const metadata = readSopsMetadata(bytes, kind)
    if (metadata === null) return null
    return isSealedDocument(path, bytes)
      ? { kind: 'sops', metadata, leftOpen: leftOpen(bytes, kind) }
      : { kind: 'broken', of: 'sops', reason: 'SOPS: not every value in it is encrypted' }
  } catch (fault) {
    if (fault instanceof NixsecretError) return { kind: 'broken', of: 'sops', reason: fault.message }
    throw fault
  }
}
