import type { AgeIdentity } from '../age/identity.ts'
import { inspectFile } from '../blob/inspect-file.ts'
import { judgeFile, type SealVerdict, type Wanted, wantedFor } from '../blob/judge-file.ts'
import { openFile } from '../blob/open-file.ts'
import type { BytePath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import type { CatFile } from '../git/cat-file.ts'
import type { Policy } from '../policy/policy.ts'

/** Bytes; larger blobs are judged by their header alone. */
const LARGEST_OPENED = 64 << 20
/** Bytes of a blob that hold every header that we read (1 MiB at most, see age/header.ts). */
const HEAD_SIZE = 2 << 20

/** What one blob is. */
export interface BlobReport {
  readonly kind: 'age' | 'sops' | 'plaintext' | 'damaged' | 'empty' | 'absent'
  /** Why, where it is damaged. */
  readonly reason: string | null
  readonly opens: boolean | null
  /** Null where no key opens it, or it is large. */
  readonly plaintext: Buffer | null
  readonly recipients: SealVerdict | null
}

const ABSENT: BlobReport = { kind: 'absent', reason: null, opens: null, plaintext: null, recipients: null }

/** Looks at a blob: what it is, whether a key here opens it to the last byte, and whom it is encrypted for. */
export async function reportBlob(
  catFile: CatFile,
  { path, oid }: { readonly path: BytePath; readonly oid: string },
  identities: readonly AgeIdentity[],
  wanted: Wanted | null,
): Promise<BlobReport> {
  const info = await catFile.info(oid)
  if (info === null || info.type !== 'blob') return ABSENT
  if (info.size === 0) return { ...ABSENT, kind: 'empty' }
  const blob = await read(catFile, oid, info.size)
  const shape = inspectFile(path, blob, info.size)
  if (shape.kind === 'broken') return { ...ABSENT, kind: 'damaged', reason: shape.reason }
  if (shape.kind !== 'age' && shape.kind !== 'sops') return { ...ABSENT, kind: shape.kind }
  const recipients = wanted === null ? null : await judgeFile(path, blob, shape, wanted)
  if (blob.length < info.size) return { ...ABSENT, kind: shape.kind, recipients }
  const opened = await openFile(path, blob, identities)
  if (opened.state === 'damaged') return { ...ABSENT, kind: 'damaged', reason: opened.reason }
  const plaintext = opened.state === 'open' ? opened.plaintext : null
  return { kind: shape.kind, reason: null, opens: plaintext !== null, plaintext, recipients }
}

/** What the policy wants of a path, or null where it names nobody. */
export function wantedOrNull(policy: Policy | null, path: BytePath): Wanted | null {
  if (policy === null) return null
  try {
    return wantedFor(policy, path)
  } catch (fault) {
    if (fault instanceof NixsecretError) return null
    throw fault
  }
}

async function read(catFile: CatFile, oid: string, size: number): Promise<Buffer> {
  if (size <= LARGEST_OPENED) return (await catFile.get(oid))?.content ?? Buffer.alloc(0)
  const head: Buffer[] = []
  let length = 0
  await catFile.stream(oid, (chunk) => {
    if (length < HEAD_SIZE) head.push(Buffer.from(chunk))
    length += chunk.length
  })
  return Buffer.concat(head)
}
