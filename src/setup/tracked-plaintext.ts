import { beginsAsAge } from '../age/inspect.ts'
import { inspectFile } from '../blob/inspect-file.ts'
import { MAX_SOPS_SIZE } from '../blob/may-be-sops.ts'
import { protectedEntries } from '../blob/protected-files.ts'
import type { BytePath } from '../byte-path.ts'
import { CatFile } from '../git/cat-file.ts'
import type { TreeEntry } from '../git/list-index.ts'
import { type Repository, requireWorkTree } from '../git/repository.ts'

/** Protected paths whose blob in the index is plaintext: they were added before anything protected them. */
export async function trackedPlaintext(repo: Repository): Promise<BytePath[]> {
  const git = { cwd: requireWorkTree(repo) }
  const catFile = new CatFile(git)
  const found = new Set<BytePath>()
  try {
    for (const entry of await protectedEntries(git)) {
      if (entry.mode.startsWith('100') && (await isPlaintext(catFile, entry))) found.add(entry.path)
    }
  } finally {
    catFile.close()
  }
  return [...found]
}

async function isPlaintext(catFile: CatFile, { oid, path }: TreeEntry): Promise<boolean> {
  const blob = await catFile.getUpTo(oid, MAX_SOPS_SIZE)
  if (blob === null || blob.size === 0 || beginsAsAge(blob.content)) return false
  return inspectFile(path, blob.content, blob.size).kind === 'plaintext'
}
