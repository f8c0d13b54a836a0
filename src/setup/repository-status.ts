import type { AgeIdentity } from '../age/identity.ts'
import { Keys } from '../blob/keys.ts'
import { PolicySource } from '../blob/load-policy.ts'
import { openFile } from '../blob/open-file.ts'
import type { Scopes } from '../blob/protected-files.ts'
import { lookAtWorkFile, workFileBytes, workFileId } from '../blob/work-file.ts'
import { NixsecretError } from '../errors.ts'
import { CatFile } from '../git/cat-file.ts'
import { changedFiles } from '../git/changed-files.ts'
import { type Repository, requireWorkTree } from '../git/repository.ts'
import { tryGit } from '../git/run-git.ts'
import type { Policy } from '../policy/policy.ts'
import { storeOf } from '../policy/readers-of.ts'
import { type BlobReport, reportBlob, wantedOrNull } from './blob-report.ts'
import {
  type FileProblem,
  type FileState,
  type FileStatus,
  PROBLEM_TEXT,
  type ProblemId,
} from './file-status.ts'
import { isLoose } from './loose-file.ts'
import { type ProtectedPath, protectedPaths } from './status-sources.ts'

/** What status found. */
export interface RepositoryStatus {
  readonly files: readonly FileStatus[]
  /** What is wrong with the policy, or null. */
  readonly policyFault: NixsecretError | null
  /** Whether there is a policy at all. */
  readonly hasPolicy: boolean
  /** What was wrong with private keys; the others served. */
  readonly keyProblems: readonly NixsecretError[]
  /** How many private keys there are. */
  readonly keys: number
  /** Whether git knows our filter here at all; if not, plaintext would be stored as it is. */
  readonly installed: boolean
}

interface Context {
  readonly repo: Repository
  readonly workTree: string
  readonly catFile: CatFile
  readonly identities: readonly AgeIdentity[]
  readonly policy: Policy | null
}

/**
 * Looks at every protected path. Asks for no passphrase, and changes nothing.
 * @param onProgress called with how many of how many files are done
 */
export async function repositoryStatus(
  repo: Repository,
  scopes: Scopes,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<RepositoryStatus> {
  const workTree = requireWorkTree(repo)
  const catFile = new CatFile({ cwd: workTree })
  try {
    const { policy, fault } = await loadPolicy(workTree, catFile)
    const keys = new Keys({ cwd: workTree }, null)
    const identities = await keys.identities()
    const context = { repo, workTree, catFile, identities, policy }
    const paths = await protectedPaths(repo, scopes)
    const files: FileStatus[] = []
    for (const path of paths) {
      files.push(await statusOf(context, path))
      onProgress(files.length, paths.length)
    }
    return {
      files: await withModified(workTree, paths, files),
      policyFault: fault,
      hasPolicy: policy !== null || fault !== null,
      keyProblems: keys.problems,
      keys: identities.length,
      installed:
        (await tryGit(['config', '--get', 'filter.nixsecret.process'], { cwd: workTree })).code === 0,
    }
  } finally {
    catFile.close()
  }
}

async function loadPolicy(workTree: string, catFile: CatFile) {
  try {
    return { policy: await new PolicySource(workTree, catFile).current(), fault: null }
  } catch (fault) {
    if (fault instanceof NixsecretError) return { policy: null, fault }
    throw fault
  }
}

async function statusOf(context: Context, file: ProtectedPath): Promise<FileStatus> {
  const { path, driver, index, headOid } = file
  const { policy } = context
  const wanted = wantedOrNull(policy, path)
  const look = (oid: string) => reportBlob(context.catFile, { path, oid }, context.identities, wanted)
  const entry = index.find((candidate) => candidate.stage === 0) ?? index[0]
  const regular = entry?.mode.startsWith('100') ?? false
  const blob = entry !== undefined && regular ? await look(entry.oid) : null
  const head = headOid === null ? null : headOid === entry?.oid ? blob : await look(headOid)
  const state = await stateOf(context, file, blob)
  const ids = gitProblems(entry?.mode, blob, head)
  if (state === 'altered') ids.push('altered')
  const { kind } = lookAtWorkFile(context.workTree, path)
  const plaintext = kind === 'plaintext' || kind === 'unreadable'
  const sealed = driver === 'nixsecret-sealed'
  if (sealed && plaintext) ids.push('sealed-open')
  // Whoever seals it need not narrow its mode.
  else if (isLoose(context.workTree, path)) ids.push('loose-mode')
  if (policy !== null && wanted === null && state !== 'removed') ids.push('no-reader')
  return {
    path,
    state,
    sealed,
    plaintext,
    store: policy === null ? null : storeOf(policy, path),
    readers: wanted?.readers.names ?? null,
    opens: blob?.opens ?? null,
    recipients: blob?.recipients ?? null,
    problems: ids.map((id) => problem(id, blob)),
  }
}

/** What is wrong with a file as git has it. */
function gitProblems(
  mode: string | undefined,
  blob: BlobReport | null,
  head: BlobReport | null,
): ProblemId[] {
  const ids: ProblemId[] = []
  if (mode === '120000') ids.push('symlink')
  if (mode === '160000') ids.push('submodule')
  if (blob?.kind === 'plaintext') ids.push('plaintext-in-index')
  if (head?.kind === 'plaintext') ids.push('plaintext-in-head')
  if (blob?.kind === 'damaged') ids.push('damaged')
  if (blob?.recipients === 'stale') ids.push('stale')
  if (blob?.recipients === 'other-format') ids.push('other-format')
  return ids
}

function problem(id: ProblemId, blob: BlobReport | null): FileProblem {
  const why = id === 'damaged' && blob?.reason ? ` (${blob.reason})` : ''
  return { id, message: PROBLEM_TEXT[id] + why }
}

async function stateOf(context: Context, file: ProtectedPath, blob: BlobReport | null): Promise<FileState> {
  const { workTree } = context
  const { path, index } = file
  const [entry] = index
  const here = lookAtWorkFile(workTree, path)
  if (entry === undefined) return 'stat' in here ? 'untracked' : 'removed'
  if (!entry.mode.startsWith('100')) return 'not a file'
  if (entry.stage !== 0) return 'unmerged'
  if (!('stat' in here)) return entry.skipped ? 'skipped' : 'missing'
  if (here.kind === 'sealed') return sealedState(context, file, entry.oid, blob)
  if (here.kind === 'empty') return blob?.kind === 'empty' ? 'empty' : 'modified'
  if (blob === null || blob.plaintext === null) return 'open'
  const same =
    here.stat.size === blob.plaintext.length && workFileBytes(workTree, path)?.equals(blob.plaintext)
  return same ? 'open' : 'modified'
}

/** Of a file that is ciphertext, or begins as such: as git has it, other ciphertext that clean would take, or broken by somebody. */
async function sealedState(
  context: Context,
  { path, driver }: ProtectedPath,
  oid: string,
  blob: BlobReport | null,
): Promise<FileState> {
  const { workTree, repo, catFile, identities } = context
  const id = workFileId(workTree, path, repo.objectFormat)
  if (id === oid) return driver === 'nixsecret-sealed' ? 'sealed' : 'locked'
  if (id !== null && (await catFile.info(id)) !== null) return 'modified'
  const bytes = workFileBytes(workTree, path) ?? Buffer.alloc(0)
  // A secret may be an age file or a SOPS document itself.
  if (blob?.plaintext?.equals(bytes)) return 'open'
  return (await openFile(path, bytes, identities)).state === 'open' ? 'modified' : 'altered'
}

/** Where no key opens the blob, only git's clean filter (its memo) can tell whether plaintext was changed. */
async function withModified(
  workTree: string,
  paths: readonly ProtectedPath[],
  files: readonly FileStatus[],
): Promise<FileStatus[]> {
  const unsure = new Set(
    files.filter((file) => file.state === 'open' && file.opens !== true).map(({ path }) => path),
  )
  if (unsure.size === 0) return [...files]
  const entries = paths.flatMap(({ path, index }) => (unsure.has(path) ? index : []))
  const changed = await changedFiles(entries, { cwd: workTree })
  return files.map((file) =>
    unsure.has(file.path) && changed.has(file.path) ? { ...file, state: 'modified' } : file,
  )
}
