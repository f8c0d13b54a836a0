import { enarmor } from '../age/armor.ts'
import { inspectBlob } from '../age/inspect.ts'
import { judgeReaders } from '../blob/judge-readers.ts'
import { displayPath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { checkoutIndex } from '../git/checkout-index.ts'
import { stageBlobs } from '../git/stage-blobs.ts'
import { writeBlob } from '../git/write-objects.ts'
import { pastePath } from './paste-path.ts'
import { type Pieces, peek, sealPieces, wholeOf } from './secret-stream.ts'
import type { Target } from './target.ts'
import type { Workspace } from './workspace.ts'

/** Room for a header in front of what is compared. */
const HEAD_BYTES = 1 << 20

/** What storing did. */
export interface Stored {
  readonly oid: string
  /** Whether it is an empty file, which is stored as it is. */
  readonly empty: boolean
  /** Whether git had just this plaintext for just these readers already. */
  readonly unchanged: boolean
}

/**
 * Seals plaintext for the readers of its path, stages it, and brings the work tree in line. No key is needed and
 * no plaintext is written by us: what the work tree gets is for git and its smudge filter to decide.
 * @param plaintext read once
 */
export async function storeSecret(space: Workspace, target: Target, plaintext: Pieces): Promise<Stored> {
  const { head, ended, all } = await peek(plaintext, (bytes) => bytes.length > 0)
  if (ended && head.length === 0) {
    const oid = await writeBlob(Buffer.alloc(0), space.blobs)
    return { oid, empty: true, unchanged: !(await stage(space, target, oid)) }
  }
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
  await stage(space, target, known ?? fresh)
  return { oid: known ?? fresh, empty: false, unchanged: known !== null }
}

/** The blob in the index, if it is known to hold this plaintext and is sealed for the readers of now. */
async function keptBlob(space: Workspace, target: Target, hash: Buffer): Promise<string | null> {
  const oid = target.entry?.oid
  if (oid === undefined || !space.memo.holds(hash, oid)) return null
  const blob = await space.catFile.getUpTo(oid, HEAD_BYTES)
  const shape = blob === null ? null : inspectBlob(blob.content, blob.size)
  return shape?.kind === 'age' && judgeReaders(shape.header, target.readers) === 'fits' ? oid : null
}

/**
 * Puts a blob into the index at a target, and into the work tree as smudge makes it.
 * @returns whether the index holds another blob than before
 */
export async function stage(space: Workspace, target: Target, oid: string): Promise<boolean> {
  const { path, mode, entry } = target
  const flags = { skipped: entry?.skipped ?? false, pinned: entry?.pinned ?? false }
  await stageBlobs([{ path, mode, oid, ...flags }], space.git)
  if (!flags.skipped) {
    try {
      await checkoutIndex([path], { ...space.git, filtered: true })
    } catch (cause) {
      if (!(cause instanceof NixsecretError)) throw cause
      const message = `${displayPath(path)} is staged, but could not be written to the work tree: ${cause.message}`
      throw new NixsecretError('git', message, {
        cause,
        hints: [`git checkout -- ${pastePath(space, path)}`],
      })
    }
  }
  return entry?.oid !== oid
}
