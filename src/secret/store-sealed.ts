import { isArmored } from '../age/armor.ts'
import { type Header, MAX_HEADER_SIZE, parseHeader } from '../age/header.ts'
import { type BlobShape, beginsAsAge, inspectBlob } from '../age/inspect.ts'
import { judgeReaders, type ReadersVerdict } from '../blob/judge-readers.ts'
import { MAX_SOPS_SIZE } from '../blob/may-be-sops.ts'
import { acceptAt } from '../blob/trust/accept-at.ts'
import { TRUST_HINTS } from '../blob/trust/accepted.ts'
import { displayPath, displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { writeBlob } from '../git/write-objects.ts'
import { pastePath } from './paste-path.ts'
import { headOf, type Pieces, peek, wholeOf } from './secret-stream.ts'
import { stage } from './stage.ts'
import type { Target } from './target.ts'
import type { Workspace } from './workspace.ts'

/**
 * Stages ciphertext that was made elsewhere, as it is. It must be a whole age file, or the SOPS document that the policy
 * wants, and may not say of itself that
 * it is for other readers than the policy's. Nothing is written before its header is known to be one.
 * @param sealed read once
 * @returns `fits`, or `no-digest` where the file does not say whom it is for
 * @throws NixsecretError `format` for what is no whole age file, `refused` for other readers
 */
export async function storeSealed(
  space: Workspace,
  target: Target,
  sealed: Pieces,
): Promise<Exclude<ReadersVerdict, 'stale'>> {
  if (target.format === 'sops') return storeSealedDocument(space, target, sealed)
  const { head, ended, all } = await peek(sealed, headerIsThere)
  if (head.length === 0)
    throw new NixsecretError('format', 'standard input was empty: it should be an age file')
  if (!beginsAsAge(head)) throw noAgeFile(space, target)
  if (isArmored(head) || ended) return storeWhole(space, target, await wholeOf(all()))
  const header = headerIn(head)
  const verdict = accepted(space, target, judgeReaders(header, target.readers))
  let size = 0
  async function* counted() {
    for await (const piece of all()) {
      size += piece.length
      yield piece
    }
  }
  // It is ciphertext whatever its length: a blob that is not staged in the end harms nobody.
  const oid = await writeBlob(counted(), space.blobs)
  wholeHeader(inspectBlob(head, size))
  await stageAccepted(space, target, oid)
  return verdict
}

async function storeSealedDocument(space: Workspace, target: Target, sealed: Pieces): Promise<'fits'> {
  const { path, readers } = target
  const { judgeSopsReaders, sopsShape } = await import('../blob/sops-files.ts')
  const document = await headOf(sealed, MAX_SOPS_SIZE + 1)
  const shape = sopsShape(path, document)
  if (shape?.kind !== 'sops') {
    const why = shape === null ? '' : ` (${shape.reason})`
    const message = `standard input is no SOPS document, which nixsecret.toml wants for ${displayPath(path)}${why}`
    throw new NixsecretError('format', `${message}; nothing was changed`, {
      hints: [`git nixsecret set ${pastePath(space, path)} < PLAINTEXT`],
    })
  }
  accepted(space, target, judgeSopsReaders(shape.metadata, readers).verdict)
  await stageAccepted(space, target, await writeBlob(document, space.blobs))
  return 'fits'
}

/** Whether enough of a file is there to judge it; an armored one is read whole by others. */
function headerIsThere(head: Buffer): boolean {
  if (head.length < 256) return false
  if (isArmored(head) || !beginsAsAge(head) || head.length > MAX_HEADER_SIZE) return true
  return head.indexOf('\n--- ') !== -1 && headerIn(head, false) !== null
}

function headerIn(head: Buffer): Header
function headerIn(head: Buffer, final: boolean): Header | null
function headerIn(head: Buffer, final = true): Header | null {
  try {
    return parseHeader(head, final)
  } catch (fault) {
    throw fault instanceof NixsecretError ? notWhole(fault.message) : fault
  }
}

async function storeWhole(space: Workspace, target: Target, blob: Buffer) {
  const header = wholeHeader(inspectBlob(blob, blob.length))
  const verdict = accepted(space, target, judgeReaders(header, target.readers))
  await stageAccepted(space, target, await writeBlob(blob, space.blobs))
  return verdict
}

function wholeHeader(shape: BlobShape): Header {
  if (shape.kind === 'age') return shape.header
  throw notWhole(shape.kind === 'broken' ? shape.reason : 'it does not begin as one')
}

function notWhole(reason: string): NixsecretError {
  return new NixsecretError(
    'format',
    `standard input is not a whole age file: ${reason}; nothing was changed`,
  )
}

/** That this ciphertext belongs at this path is the user's word. */
async function stageAccepted(space: Workspace, target: Target, oid: string): Promise<void> {
  await stage(space, target, oid)
  acceptAt(space.repo, [[target.path, oid]])
}

function accepted(
  space: Workspace,
  target: Target,
  verdict: ReadersVerdict,
): Exclude<ReadersVerdict, 'stale'> {
  if (verdict !== 'stale') return verdict
  const names = target.readers.names.map(displayText).join(', ')
  const whom = target.pending ? 'you have accepted' : 'nixsecret.toml names'
  const message = `standard input is sealed for other readers than ${whom} for ${displayPath(target.path)} (${names})`
  throw new NixsecretError('refused', `${message}; nothing was changed`, {
    hints: [
      ...(target.pending ? TRUST_HINTS : []),
      `git nixsecret set ${pastePath(space, target.path)} < PLAINTEXT`,
      'git nixsecret recipient list',
    ],
  })
}

function noAgeFile(space: Workspace, target: Target): NixsecretError {
  return new NixsecretError('format', 'standard input does not begin as an age file; nothing was changed', {
    hints: [`git nixsecret set ${pastePath(space, target.path)}`],
  })
}
