import { isArmored } from '../age/armor.ts'
import type { Readers } from '../blob/readers.ts'
import { restrictedAt } from '../blob/trust/moved/restricted-at.ts'
import { lookAtWorkFile, type WorkFile } from '../blob/work-file.ts'
import type { BytePath } from '../byte-path.ts'
import { displayPath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { driverOf, filterAttributes } from '../git/check-attr.ts'
import { type FlaggedEntry, listFlaggedIndex } from '../git/flagged-index.ts'
import type { Format } from '../policy/policy.ts'
import { neverEncrypted } from '../policy/readers-of.ts'
import { pastePath } from './paste-path.ts'
import type { Workspace } from './workspace.ts'

/** A path that a secret may be stored at, and what is there so far. */
export interface Target {
  readonly path: BytePath
  /** Those that are accepted, of whom the policy names. */
  readonly readers: Readers
  readonly format: Format
  /** Whether the policy says more than is accepted: then unchanged plaintext keeps its blob. */
  readonly pending: boolean
  /** Names in the policy of those who are not accepted. */
  readonly leftOut: readonly string[]
  /** `100644` or `100755`. */
  readonly mode: string
  /** The index entry; null where there is none, or a merge left it in conflict. */
  readonly entry: FlaggedEntry | null
  readonly workFile: WorkFile
  /** Whether the blob so far is armored: then the next one is to be as well. */
  readonly armored: boolean
}

const ARMOR_HEAD = 256

/**
 * Makes sure that a secret can be stored at a path, before anything is asked of the user.
 * @param options `madeElsewhere`: ciphertext is to come there, and nothing of what git has at the path
 * @throws NixsecretError `refused` where what git stores there would not be ciphertext, or something else would be
 *   lost, or nobody is accepted who may read it; `policy` where nobody may
 */
export async function targetAt(
  space: Workspace,
  path: BytePath,
  { madeElsewhere = false }: { readonly madeElsewhere?: boolean } = {},
): Promise<Target> {
  const shown = displayPath(path)
  if (neverEncrypted(path))
    throw new NixsecretError('refused', `${shown} is never encrypted: git and we must read it`)
  const index = await listFlaggedIndex({ ...space.git, cwd: space.top })
  const here = index.filter((entry) => entry.path === path)
  if (here.some(({ mode }) => !mode.startsWith('100'))) {
    throw new NixsecretError('refused', `${shown} is a symlink or a submodule, which git never encrypts`)
  }
  refuseClash(path, index)
  const workFile = lookAtWorkFile(space.top, path)
  if (workFile.kind === 'other') throw new NixsecretError('refused', `${shown} is not a regular file`)
  const attributes = await filterAttributes([path], { ...space.git, cached: false })
  if (driverOf(attributes.get(path)) === null) throw unfiltered(space, path)
  const entry = here.find(({ stage }) => stage === 0) ?? null
  const { readers, format, pending, leftOut } = await readersAt(
    space,
    path,
    madeElsewhere ? 'anything' : (entry?.oid ?? null),
  )
  const executable = here[0] === undefined && 'stat' in workFile && (workFile.stat.mode & 0o100) !== 0
  const mode = here[0]?.mode ?? (executable ? '100755' : '100644')
  return {
    path,
    readers,
    format,
    pending,
    leftOut,
    mode,
    entry,
    workFile,
    armored: await isArmoredBlob(space, entry),
  }
}

async function readersAt(
  space: Workspace,
  path: BytePath,
  oid: string | null | 'anything',
): Promise<Pick<Target, 'readers' | 'format' | 'pending' | 'leftOut'>> {
  const policy = await space.policy()
  const accepted = await space.trust.current(policy)
  const restricted =
    oid === 'anything'
      ? accepted.restrict(policy, path, [])
      : await restrictedAt(accepted, policy, { path, oid, stray: strayAt(space, path, oid) }, space)
  const { readers, format, pending, newcomers: leftOut } = restricted
  if (readers === null) throw accepted.refusal(path, restricted)
  return { readers, format, pending, leftOut }
}

/** The blob that the file in the work tree was last written from, where that is another one: `edit` begins with that. */
function strayAt({ memo, repo }: Workspace, path: BytePath, oid: string | null): string | null {
  return memo.strayFrom(memo.place(repo.gitDir, path), oid)
}

function refuseClash(path: BytePath, index: readonly FlaggedEntry[]): void {
  // git would drop the other entry from the index without a word.
  const clash = index.find(
    (entry) => path.startsWith(`${entry.path}/`) || entry.path.startsWith(`${path}/`),
  )?.path
  if (clash === undefined) return
  const what = clash.startsWith(`${path}/`)
    ? 'a directory'
    : `below ${displayPath(clash)}, which is no directory`
  throw new NixsecretError('refused', `${displayPath(path)} is ${what}`)
}

function unfiltered(space: Workspace, path: BytePath): NixsecretError {
  const message = `${displayPath(path)}: no .gitattributes line makes this a secret, git would store it as plaintext`
  const plain = /^[\w./-]+$/.test(path)
  const up = '../'.repeat(space.prefix.split('/').length - 1)
  const line = `/${path} filter=nixsecret diff=nixsecret merge=nixsecret -text`
  return new NixsecretError('refused', message, {
    hints: plain
      ? [`echo '${line}' >> ${up}.gitattributes`]
      : [`git check-attr filter -- ${pastePath(space, path)}`, `git nixsecret init --path 'secrets/**'`],
  })
}

async function isArmoredBlob(space: Workspace, entry: FlaggedEntry | null): Promise<boolean> {
  const blob = entry === null ? null : await space.catFile.getUpTo(entry.oid, ARMOR_HEAD)
  return blob !== null && isArmored(blob.content)
}
