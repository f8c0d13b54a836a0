import { MAX_SOPS_SIZE, mayBeSops } from '../blob/may-be-sops.ts'
import { lookAtWorkFile, readPieces, workFileBytes, workFilePath } from '../blob/work-file.ts'
import type { BytePath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { blobStream } from '../git/blob-stream.ts'
import { openSource } from './read-secret.ts'
import type { Workspace } from './workspace.ts'

/**
 * Whether a file of the work tree is the plaintext of a blob: by what is remembered of earlier work, else by
 * opening the blob with the keys that are here.
 */
export async function holdsPlaintextOf(space: Workspace, path: BytePath, oid: string): Promise<boolean> {
  if (lookAtWorkFile(space.top, path).kind !== 'plaintext') return false
  const hasher = space.memo.hasher()
  for (const piece of readPieces(workFilePath(space.top, path))) hasher.update(piece)
  const hash = hasher.digest()
  if (space.memo.holds(hash, oid)) return true
  if (await isDocumentOf(space, path, oid)) return true
  const other = space.memo.hasher()
  try {
    const plaintext = await openSource(space, path, () => blobStream(oid, space.git))
    for await (const piece of plaintext) other.update(piece)
  } catch (fault) {
    if (fault instanceof NixsecretError) return false
    throw fault
  }
  return other.digest().equals(hash)
}

/** The same for a SOPS document, which does not keep how its plaintext was written. */
async function isDocumentOf(space: Workspace, path: BytePath, oid: string): Promise<boolean> {
  const blob = await space.catFile.getUpTo(oid, MAX_SOPS_SIZE)
  const content = blob !== null && mayBeSops(blob.content) ? workFileBytes(space.top, path) : null
  if (blob === null || content === null) return false
  const { sopsHolding } = await import('../blob/sops-files.ts')
  const earlier = { documents: [blob.content], identities: await space.keys.identities() }
  try {
    return (await sopsHolding(path, content, earlier)) !== null
  } catch (fault) {
    if (fault instanceof NixsecretError) return false
    throw fault
  }
}
