import { beginsAsAge } from '../age/inspect.ts'
import { protectedEntries } from '../blob/protected-files.ts'
import type { BytePath } from '../byte-path.ts'
import { CatFile } from '../git/cat-file.ts'
import { type Repository, requireWorkTree } from '../git/repository.ts'

/** Bytes; an intro line of age is shorter, and so is that of armor. */
const HEAD_SIZE = 64

/** Protected paths whose blob in the index is plaintext: they were added before anything protected them. */
export async function trackedPlaintext(repo: Repository): Promise<BytePath[]> {
  const git = { cwd: requireWorkTree(repo) }
  const catFile = new CatFile(git)
  const found = new Set<BytePath>()
  try {
    for (const entry of await protectedEntries(git)) {
      if (entry.mode.startsWith('100') && (await isPlaintext(catFile, entry.oid))) found.add(entry.path)
    }
  } finally {
    catFile.close()
  }
  return [...found]
}

async function isPlaintext(catFile: CatFile, oid: string): Promise<boolean> {
  const head: Buffer[] = []
  let size = 0
  const info = await catFile.stream(oid, (chunk) => {
    if (size < HEAD_SIZE) head.push(chunk.subarray(0, HEAD_SIZE - size))
    size += chunk.length
  })
  return info !== null && info.size > 0 && !beginsAsAge(Buffer.concat(head))
}
