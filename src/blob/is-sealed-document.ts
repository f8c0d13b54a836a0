import type { BytePath } from '../byte-path.ts'
import { isSopsDocument } from '../sops/look/sops-document.ts'
import { MAX_SOPS_SIZE, mayBeSops } from './may-be-sops.ts'

/**
 * Whether a content is a SOPS document in which every value is encrypted, but for what its own settings leave, and one at
 * least is. Loads no parser of YAML: the quick look reads all that is written here, and what it can't follow is none.
 */
export function isSealedDocument(path: BytePath, bytes: Buffer): boolean {
  return bytes.length <= MAX_SOPS_SIZE && mayBeSops(bytes) && isSopsDocument(bytes, path)
}
