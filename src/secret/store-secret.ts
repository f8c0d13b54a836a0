import { enarmor } from '../age/armor.ts'
import { inspectBlob } from '../age/inspect.ts'
import { judgeReaders } from '../blob/judge-readers.ts'
import type { StagedBlob } from '../git/stage-blobs.ts'
import { writeBlob } from '../git/write-objects.ts'
import { type Pieces, peek, sealPieces, wholeOf } from './secret-stream.ts'
import { stage } from './stage.ts'
import { storeDocument } from './store-document.ts'
import type { Stored } from './stored.ts'
import type { Target } from './target.ts'
import type { Workspace } from './workspace.ts'

/** Room for a header in front of what is compared. */
const HEAD_BYTES = 1 << 20

/**
 * Seals plaintext for the readers of its path, stages it, and brings the work tree in line. No key is needed and
 * no plaintext is written by us: what the work tree gets is for git and its smudge filter to decide.
 * @param plaintext read once
 * @param beside blobs that are staged in the same step: all or none
 */
export async function storeSecret(
  space: Workspace,
  target: Target,
  plaintext: Pieces,
  beside: readonly StagedBlob[] = [],
): Promise<Stored> {
  const { head, ended, all } = await peek(plaintext, (bytes) => bytes.length > 0)
  if (ended && head.length === 0) {
    const oid = await writeBlob(Buffer.alloc(0), space.blobs)
    return { oid, empty: true, unchanged: !(await stage(space, target, oid, beside)) }
  }
  if (target.format === 'sops') return storeDocument(space, target, all(), beside)
  const hasher = space.memo.hasher()
  async function* hashed() {
    for await (const piece of all()) {
      hasher.update(piece)
      yield piece
    }
  }
  const sealed = sealPieces(hashed(), target.readers, space.ask)
  const fresh = await writeBlob(target.armored ? enarmor(await wholeOf(sealed)) : sealed, space.blobs)
  const hash = hasher.digest()
  const known = await keptBlob(space, target, hash)
  if (known === null) space.memo.remember(hash, target.readers.digest, fresh)
  space.memo.save()
  await stage(space, target, known ?? fresh, beside)
  return { oid: known ?? fresh, empty: false, unchanged: known !== null }
}

/**
 * The blob in the index, if it is known to hold this plaintext and is sealed for the readers of now, or not all of those
 * are accepted.
 */
async function keptBlob(space: Workspace, target: Target, hash: Buffer): Promise<string | null> {
  const oid = target.entry?.oid
  if (oid === undefined || !space.memo.holds(hash, oid)) return null
  const blob = await space.catFile.getUpTo(oid, HEAD_BYTES)
  const shape = blob === null ? null : inspectBlob(blob.content, blob.size)
  if (shape?.kind !== 'age') return null
  return target.pending || judgeReaders(shape.header, target.readers) === 'fits' ? oid : null
}
