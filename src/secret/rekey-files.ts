import type { Hmac } from 'node:crypto'
import { dearmor, enarmor } from '../age/armor.ts'
import type { AgeIdentity } from '../age/identity.ts'
import { unwrapFileKey } from '../age/open.ts'
import { isCiphertextOf } from '../blob/open-sealed.ts'
import { sopsMemoKey } from '../blob/sops-memo-key.ts'
import type { BytePath } from '../byte-path.ts'
import { displayPath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { blobStream } from '../git/blob-stream.ts'
import { checkoutIndex } from '../git/checkout-index.ts'
import { listFlaggedIndex } from '../git/flagged-index.ts'
import { tryGit } from '../git/run-git.ts'
import { stageBlobs } from '../git/stage-blobs.ts'
import { writeBlob } from '../git/write-objects.ts'
import { namePaths } from './paste-path.ts'
import { keysSaid } from './read-secret.ts'
import { openPieces, type Pieces, sealPieces, wholeOf } from './secret-stream.ts'
import type { StaleFile } from './stale-files.ts'
import type { Workspace } from './workspace.ts'

/** Files sealed at the same time: git compresses one while we seal the next. */
const AT_ONCE = 4

interface Rekeyed extends StaleFile {
  readonly newOid: string
  readonly hash: Buffer
}

/**
 * Seals stale files anew and stages them, all or none: nothing is staged before every one of them was opened and
 * sealed. Plaintext flows through memory only. Files of the work tree keep what they hold; those that are the old
 * ciphertext, unchanged, become the new one.
 * @param onProgress told how many are done
 * @throws NixsecretError `identity` where no key opens one of them, `format` where one is damaged, `refused` where
 *   the index changed meanwhile
 */
export async function rekeyFiles(
  space: Workspace,
  stale: readonly StaleFile[],
  onProgress: (done: number) => void = () => {},
): Promise<void> {
  const fileKeys = await unwrapAll(space, stale)
  const done: Rekeyed[] = []
  const todo = stale.entries()
  async function work() {
    for (const [i, file] of todo) {
      done.push(await reseal(space, file, fileKeys[i] as Buffer))
      onProgress(done.length)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  await refuseMoved(space, stale)
  await stageBlobs(
    done.map((file) => ({ ...file, oid: file.newOid })),
    space.git,
  )
  for (const { hash, readers, newOid, format, path } of done) {
    const digest = format === 'sops' ? sopsMemoKey(path, readers.digest) : readers.digest
    space.memo.remember(hash, digest, newOid)
    space.memo.noteMade(space.memo.place(space.repo.gitDir, path), newOid)
  }
  // Before git cleans the files that are open: it shall find that they hold just what is staged.
  space.memo.save()
  const { objectFormat } = space.repo
  // Read in full directly before it is overwritten, whatever its times say.
  const sealed = done.filter((file) => !file.skipped && isCiphertextOf(space.top, file, objectFormat))
  await checkoutIndex(
    sealed.map(({ path }) => path),
    { ...space.git, cwd: space.top, filtered: false },
  )
  // It says "needs update" of what the user has changed: that is none of our business.
  await tryGit(['update-index', '-q', '--refresh'], space.git)
}

/** The file key or data key of each, in order. Every one is tried before any is named, so that one run tells all. */
async function unwrapAll(space: Workspace, stale: readonly StaleFile[]): Promise<Buffer[]> {
  const identities = await space.keys.identities()
  const keys: Buffer[] = []
  const locked: BytePath[] = []
  for (const { sealed, path } of stale) {
    try {
      const key = await (sealed.format === 'age'
        ? unwrapFileKey(sealed.header, identities)
        : dataKeyOf(path, sealed.document, identities))
      if (key === null) locked.push(path)
      else keys.push(key)
    } catch (fault) {
      throw asDamaged(fault, path)
    }
  }
  if (locked.length === 0) return keys
  const message = `no private key here opens ${namePaths(locked)}, so nothing was changed${await keysSaid(space)}`
  throw new NixsecretError('identity', message, {
    hints: ['git config nixsecret.identity FILE', 'git nixsecret rekey PATH'],
  })
}

async function dataKeyOf(
  path: BytePath,
  document: Buffer,
  identities: readonly AgeIdentity[],
): Promise<Buffer | null> {
  const { openDataKey, sopsShape } = await import('../blob/sops-files.ts')
  const shape = sopsShape(path, document)
  return shape?.kind === 'sops' ? openDataKey(shape.metadata, identities) : null
}

async function reseal(space: Workspace, file: StaleFile, fileKey: Buffer): Promise<Rekeyed> {
  const hasher = space.memo.hasher()
  const plaintext = hashed(await plaintextOf(space, file, fileKey), hasher, file.path)
  const newOid = await writeBlob(await sealAgain(file, plaintext, space), space.blobs)
  return { ...file, newOid, hash: hasher.digest() }
}

async function plaintextOf(space: Workspace, { sealed, path, oid }: StaleFile, key: Buffer): Promise<Pieces> {
  if (sealed.format === 'sops') {
    const { openSops } = await import('../blob/sops-files.ts')
    const opened = await openSops(path, sealed.document, await space.keys.identities())
    if (opened?.state === 'open') return [opened.plaintext]
    throw asDamaged(new NixsecretError('format', opened?.state === 'damaged' ? opened.reason : 'SOPS'), path)
  }
  const blob = blobStream(oid, space.git)
  return openPieces(sealed.armored ? [dearmor(await wholeOf(blob))] : blob, sealed.header, key)
}

async function sealAgain(
  file: StaleFile,
  plaintext: Pieces,
  space: Workspace,
): Promise<Buffer | AsyncGenerator<Buffer>> {
  const { sealed, readers, format, path } = file
  if (format === 'sops') {
    const { sealSops } = await import('../blob/sops-files.ts')
    // Being stale, it gets a new data key: whoever is no reader any more knows the old one.
    const documents = sealed.format === 'sops' ? [sealed.document] : []
    return sealSops(path, await wholeOf(plaintext), readers, {
      documents,
      identities: await space.keys.identities(),
    })
  }
  const fresh = sealPieces(plaintext, readers, space.ask)
  return sealed.format === 'age' && sealed.armored ? enarmor(await wholeOf(fresh)) : fresh
}

async function* hashed(plaintext: Pieces, hasher: Hmac, path: BytePath): AsyncGenerator<Buffer> {
  try {
    for await (const piece of plaintext) {
      hasher.update(piece)
      yield piece
    }
  } catch (fault) {
    throw asDamaged(fault, path)
  }
}

function asDamaged(fault: unknown, path: BytePath): unknown {
  if (!(fault instanceof NixsecretError) || fault.code !== 'format') return fault
  return new NixsecretError(
    'format',
    `${displayPath(path)} is damaged: ${fault.message}; nothing was changed`,
    {
      cause: fault,
      hints: ['git nixsecret status'],
    },
  )
}

/** What was staged while we worked must not be replaced by what we read before. */
async function refuseMoved(space: Workspace, stale: readonly StaleFile[]): Promise<void> {
  const now = new Map<BytePath, string>()
  for (const { path, stage, oid } of await listFlaggedIndex(space.git)) if (stage === 0) now.set(path, oid)
  const moved = stale.filter(({ path, oid }) => now.get(path) !== oid)
  if (moved.length === 0) return
  throw new NixsecretError(
    'refused',
    `the index was changed meanwhile, so nothing was: ${namePaths(moved.map(({ path }) => path))}`,
    { hints: ['git nixsecret rekey'] },
  )
}
