import { beginsAsAge } from '../age/inspect.ts'
import { inspectFile } from '../blob/inspect-file.ts'
import { MAX_SOPS_SIZE } from '../blob/may-be-sops.ts'
import { protectedEntries } from '../blob/protected-files.ts'
import type { BytePath } from '../byte-path.ts'
import { CatFile } from '../git/cat-file.ts'
import type { TreeEntry } from '../git/list-index.ts'
import { type Repository, requireWorkTree } from '../git/repository.ts'
import { type FilterScheme, filterScheme } from './filter-scheme.ts'

/** Protected paths whose blob in the index is none of ours: they were added before anything protected them here. */
export interface TrackedPlaintext {
  readonly plaintext: readonly BytePath[]
  /** Those that another tool seems to have encrypted, by its scheme of "import". */
  readonly foreign: ReadonlyMap<FilterScheme, readonly BytePath[]>
}

/** Looks at the blobs of all protected paths. */
export async function trackedPlaintext(repo: Repository): Promise<TrackedPlaintext> {
  const git = { cwd: requireWorkTree(repo) }
  const catFile = new CatFile(git)
  const found = new Map<BytePath, FilterScheme | null>()
  try {
    for (const entry of await protectedEntries(git)) {
      const blob = entry.mode.startsWith('100') ? await plaintextBlob(catFile, entry) : null
      if (blob !== null) found.set(entry.path, filterScheme(blob))
    }
  } finally {
    catFile.close()
  }
  const foreign = new Map<FilterScheme, BytePath[]>()
  for (const [path, scheme] of found)
    if (scheme !== null) foreign.set(scheme, [...(foreign.get(scheme) ?? []), path])
  return { plaintext: [...found].flatMap(([path, scheme]) => (scheme === null ? [path] : [])), foreign }
}

/** Its content, or as much of it as was read; null where it is age, SOPS or empty. */
async function plaintextBlob(catFile: CatFile, { oid, path }: TreeEntry): Promise<Buffer | null> {
  const blob = await catFile.getUpTo(oid, MAX_SOPS_SIZE)
  if (blob === null || blob.size === 0 || beginsAsAge(blob.content)) return null
  return inspectFile(path, blob.content, blob.size).kind === 'plaintext' ? blob.content : null
}
