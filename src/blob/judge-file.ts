import type { BytePath } from '../byte-path.ts'
import type { Format, Policy } from '../policy/policy.ts'
import { formatOf } from '../policy/readers-of.ts'
import type { FileShape } from './inspect-file.ts'
import { judgeReaders, type ReadersVerdict } from './judge-readers.ts'
import { type Readers, readersFor } from './readers.ts'

/** How ciphertext stands to the policy; `other-format`: an age file that is to be a SOPS document, or the reverse. */
export type SealVerdict = ReadersVerdict | 'other-format'

/** What the policy wants of a path. */
export interface Wanted {
  readonly readers: Readers
  readonly format: Format
}

/** @throws NixsecretError `policy` where it names nobody */
export function wantedFor(policy: Policy, path: BytePath): Wanted {
  return { readers: readersFor(policy, path), format: formatOf(policy, path) }
}

/**
 * Compares ciphertext with the policy, with no key.
 * @param bytes of a SOPS document, the whole
 * @param shape what the bytes are
 */
export async function judgeFile(
  path: BytePath,
  bytes: Buffer,
  shape: Extract<FileShape, { readonly kind: 'age' | 'sops' }>,
  { readers, format }: Wanted,
): Promise<SealVerdict> {
  if (shape.kind !== format) return 'other-format'
  if (shape.kind === 'age') return judgeReaders(shape.header, readers)
  const { sopsFits } = await import('./sops-files.ts')
  return sopsFits(path, bytes, readers) ? 'fits' : 'stale'
}
