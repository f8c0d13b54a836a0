import { asBuffer } from './as-buffer.ts'
import { formatOf } from './format-of.ts'
import { toMetadata } from './metadata-tree.ts'
import type { SopsKind } from './sops-kind.ts'
import type { SopsMetadata } from './sops-types.ts'

export type { SopsAgeKey, SopsMetadata, SopsRuleName, SopsSettings } from './sops-types.ts'

/** What every document of that kind has somewhere: a cheap look before it is read. */
const MARKS: Readonly<Record<SopsKind, RegExp>> = {
  yaml: /^sops:/m,
  json: /"sops"/,
  binary: /"sops"/,
  dotenv: /^sops_mac=/m,
  ini: /^\s*\[sops\]/m,
}

/**
 * What a document says of itself; nothing is verified.
 * @returns null where it is no SOPS document
 * @throws NixsecretError `format` where it is one, and can't be read
 */
export function readSopsMetadata(document: Uint8Array, kind: SopsKind): SopsMetadata | null {
  const bytes = asBuffer(document)
  if (!bytes.includes('ENC[AES256_GCM,') || !bytes.includes('sops')) return null
  const text = bytes.toString('utf8')
  if (!MARKS[kind].test(text)) return null
  const { metadata } = formatOf(kind).read(text)
  return metadata === null ? null : toMetadata(metadata.tree)
}
