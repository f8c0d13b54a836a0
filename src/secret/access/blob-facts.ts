import { isArmored } from '../../age/armor.ts'
import { MAX_HEADER_SIZE } from '../../age/header.ts'
import { type FileShape, inspectFile } from '../../blob/inspect-file.ts'
import { mayBeginSops } from '../../blob/may-be-sops.ts'
import type { BytePath } from '../../byte-path.ts'
import type { CatFile } from '../../git/cat-file.ts'
import type { SopsMetadata } from '../../sops/sops-metadata.ts'

/** What a blob is, as far as that shows without a key; `absent`: it is not in this clone. */
export type BlobFacts =
  | Exclude<FileShape, { readonly kind: 'sops' }>
  | { readonly kind: 'sops'; readonly metadata: SopsMetadata }
  | { readonly kind: 'absent' }

/** Reads as much of a blob as tells what it is. */
export async function blobFacts(
  catFile: Pick<CatFile, 'get' | 'getUpTo'>,
  path: BytePath,
  oid: string,
): Promise<BlobFacts> {
  let blob = await catFile.getUpTo(oid, MAX_HEADER_SIZE)
  if (blob !== null && blob.content.length < blob.size) {
    const whole = isArmored(blob.content) || mayBeginSops(blob.content)
    if (whole) blob = await catFile.get(oid)
  }
  return blob === null ? { kind: 'absent' } : factsOf(path, blob.content, blob.size)
}

/** @param bytes the whole blob, or of a binary age file its header at least */
export async function factsOf(path: BytePath, bytes: Buffer, size: number): Promise<BlobFacts> {
  const shape = inspectFile(path, bytes, size)
  if (shape.kind !== 'sops') return shape
  const { sopsShape } = await import('../../blob/sops-files.ts')
  const document = sopsShape(path, bytes)
  if (document?.kind === 'sops') return document
  return { kind: 'broken', reason: document?.reason ?? 'SOPS: unreadable metadata' }
}
