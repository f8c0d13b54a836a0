import { MAX_SOPS_SIZE } from '../blob/may-be-sops.ts'
import { sopsMemoKey } from '../blob/sops-memo-key.ts'
import { displayPath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import type { StagedBlob } from '../git/stage-blobs.ts'
import { writeBlob } from '../git/write-objects.ts'
import { pastePath } from './paste-path.ts'
import { headOf, type Pieces } from './secret-stream.ts'
import { stage } from './stage.ts'
import type { Stored } from './stored.ts'
import type { Target } from './target.ts'
import type { Workspace } from './workspace.ts'

/**
 * Makes a SOPS document of plaintext and stages it. With a key to the document before, values that did not change keep
 * their ciphertext; without one all are encrypted anew.
 * @param plaintext not empty; read once
 * @param beside blobs that are staged in the same step
 * @throws NixsecretError `format` or `refused` where SOPS can't hold it
 */
export async function storeDocument(
  space: Workspace,
  target: Target,
  plaintext: Pieces,
  beside: readonly StagedBlob[],
): Promise<Stored> {
  const { path, readers } = target
  const { sealSops, sopsFits, sopsShape } = await import('../blob/sops-files.ts')
  const content = await headOf(plaintext, MAX_SOPS_SIZE + 1)
  if (sopsShape(path, content) !== null) {
    throw new NixsecretError('refused', `${displayPath(path)} would be a SOPS document in a SOPS document`, {
      hints: [`git nixsecret set --sealed ${pastePath(space, path)} < FILE`],
    })
  }
  const hash = space.memo.hash(content)
  const before = await documentBefore(space, target)
  const known =
    before !== null &&
    space.memo.holds(hash, before.oid) &&
    (target.pending || sopsFits(path, before.content, readers))
      ? before.content
      : null
  const identities = await space.keys.identities()
  const documents = before === null ? [] : [before.content]
  const document = known ?? (await sealSops(path, content, readers, { documents, identities }))
  const oid = await writeBlob(document, space.blobs)
  space.memo.remember(hash, sopsMemoKey(path, readers.digest), oid)
  // What smudge asks.
  space.memo.save()
  await stage(space, target, oid, beside)
  return { oid, empty: false, unchanged: oid === before?.oid }
}

async function documentBefore(space: Workspace, { entry }: Target) {
  const blob = entry === null ? null : await space.catFile.getUpTo(entry.oid, MAX_SOPS_SIZE)
  return blob === null || blob.content.length < blob.size ? null : blob
}
