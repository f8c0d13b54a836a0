import { type BytePath, pathBytes } from '../byte-path.ts'
import { type GitOptions, runGit } from './run-git.ts'

/** What is to stand in the index, at stage 0; a conflict at that path is resolved by it. */
export interface StagedBlob {
  readonly path: BytePath
  /** `100644` or `100755`. */
  readonly mode: string
  readonly oid: string
  /** Whether the entry is to keep this flag, which staging takes off. */
  readonly skipped?: boolean
  /** Likewise. */
  readonly pinned?: boolean
}

/**
 * Puts blobs into the index in one step: all or none. The work tree is not looked at.
 * A file at a parent of a path would be dropped from the index: check before.
 * @param options `cwd` must be the top of the work tree
 * @throws NixsecretError `git`, for instance where another git command holds the index
 */
export async function stageBlobs(blobs: readonly StagedBlob[], options: GitOptions): Promise<void> {
  if (blobs.length === 0) return
  const input = Buffer.concat(
    blobs.flatMap(({ mode, oid, path }) => [Buffer.from(`${mode} ${oid} 0\t`), nulEnded(path)]),
  )
  await runGit(['update-index', '-z', '--index-info'], { ...options, input })
  await setFlag(
    '--skip-worktree',
    blobs.filter((blob) => blob.skipped),
    options,
  )
  await setFlag(
    '--assume-unchanged',
    blobs.filter((blob) => blob.pinned),
    options,
  )
}

async function setFlag(flag: string, blobs: readonly StagedBlob[], options: GitOptions): Promise<void> {
  if (blobs.length === 0) return
  const input = Buffer.concat(blobs.map(({ path }) => nulEnded(path)))
  await runGit(['update-index', flag, '-z', '--stdin'], { ...options, input })
}

function nulEnded(path: BytePath): Buffer {
  return Buffer.concat([pathBytes(path), Buffer.of(0)])
}
