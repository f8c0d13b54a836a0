import type { BytePath } from '../byte-path.ts'
import { sopsKind } from '../sops/sops-kind.ts'

/** How the memo knows a document's readers: apart from those of an age file, and from other formats of SOPS. */
export function sopsMemoKey(path: BytePath, digest: string): string {
  return `sops ${sopsKind(path)} ${digest}`
}
