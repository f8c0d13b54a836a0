import type { BytePath } from '../byte-path.ts'
import { isSealedThroughout } from '../sops/is-sealed-throughout.ts'
import { isSopsDocument } from '../sops/look/sops-document.ts'
import { sopsKind } from '../sops/sops-kind.ts'
import { MAX_SOPS_SIZE, mayBeSops } from './may-be-sops.ts'

const VALUE = 'ENC[AES256_GCM,'

/**
 * Whether a content is a SOPS document in which every value is encrypted, but for what its own settings leave, and one at
 * least is. Of two readings one has to say so: one knows what SOPS writes and lets remarks in comments pass, the other
 * knows all that YAML allows and no remarks.
 */
export function isSealedDocument(path: BytePath, bytes: Buffer): boolean {
  if (bytes.length > MAX_SOPS_SIZE || !mayBeSops(bytes)) return false
  if (isSopsDocument(bytes, path)) return true
  // The first is often the MAC.
  const more = bytes.indexOf(VALUE, bytes.indexOf(VALUE) + 1)
  return more !== -1 && isSealedThroughout(bytes, sopsKind(path))
}
