import { isArmored } from '../age/armor.ts'
import { type Header, MAX_HEADER_SIZE } from '../age/header.ts'
import { inspectFile } from '../blob/inspect-file.ts'
import { judgeFile, type SealVerdict, wantedFor } from '../blob/judge-file.ts'
import { mayBeginSops } from '../blob/may-be-sops.ts'
import type { Readers } from '../blob/readers.ts'
import type { BytePath } from '../byte-path.ts'
import type { Format, Policy } from '../policy/policy.ts'
import { type ProtectedFile, protectedFiles } from './protected-files.ts'
import type { Workspace } from './workspace.ts'

/** Blobs looked at together. */
const BATCH = 64

/** A blob of the index that is not sealed for the readers that the policy names. */
export interface StaleFile extends ProtectedFile {
  readonly sealed: Sealed
  /** Of the blob, in bytes. */
  readonly size: number
  /** Whom it is to be sealed for, and as what. */
  readonly readers: Readers
  readonly format: Format
  /** `no-digest`: made by another tool, it does not say whom it is for. */
  readonly verdict: Exclude<SealVerdict, 'fits'>
}

/** What it is now. */
export type Sealed =
  | { readonly format: 'age'; readonly header: Header; readonly armored: boolean }
  | { readonly format: 'sops'; readonly document: Buffer }

/** What is to be said of the index, held against a policy. */
export interface Staleness {
  readonly stale: readonly StaleFile[]
  /** Files that are as they should be, empty ones included. */
  readonly fits: number
  /** Files that can't be judged. */
  readonly problems: readonly { readonly path: BytePath; readonly reason: string }[]
}

/**
 * Holds the blobs of the index against a policy; needs no key.
 * @param scopes files, directories, or `''`; none: everything
 * @throws NixsecretError `policy` where the policy names nobody for a file
 */
export async function staleFiles(
  space: Workspace,
  policy: Policy,
  scopes: readonly (BytePath | '')[],
): Promise<Staleness> {
  const { files, unmerged } = await protectedFiles(space, scopes)
  const stale: StaleFile[] = []
  const problems = unmerged.map((path) => ({ path, reason: 'is in conflict; settle that first' }))
  let fits = 0
  for (let at = 0; at < files.length; at += BATCH) {
    const batch = files.slice(at, at + BATCH)
    for (const [i, verdict] of (
      await Promise.all(batch.map((file) => judge(space, policy, file)))
    ).entries()) {
      if (verdict === 'fits') fits++
      else if (typeof verdict === 'string')
        problems.push({ path: (batch[i] as ProtectedFile).path, reason: verdict })
      else stale.push(verdict)
    }
  }
  return { stale, fits, problems }
}

/** @returns `fits`, a stale file, or why it can't be judged */
async function judge(
  space: Workspace,
  policy: Policy,
  file: ProtectedFile,
): Promise<'fits' | StaleFile | string> {
  let blob = await space.catFile.getUpTo(file.oid, MAX_HEADER_SIZE)
  if (blob === null) return 'is not here (partial clone): check it out first'
  if (blob.content.length < blob.size && (isArmored(blob.content) || mayBeginSops(blob.content)))
    blob = await space.catFile.get(file.oid)
  if (blob === null) return 'is not here'
  const { content, size } = blob
  const shape = inspectFile(file.path, content, size)
  if (shape.kind === 'empty') return 'fits'
  if (shape.kind === 'plaintext') return 'is plaintext in git; "git add --renormalize" encrypts it'
  if (shape.kind === 'broken') return `is damaged: ${shape.reason}`
  const wanted = wantedFor(policy, file.path)
  const verdict = await judgeFile(file.path, content, shape, wanted)
  if (verdict === 'fits') return 'fits'
  const sealed: Sealed =
    shape.kind === 'sops'
      ? { format: 'sops', document: content }
      : { format: 'age', header: shape.header, armored: shape.armored }
  return { ...file, ...wanted, sealed, size, verdict }
}
