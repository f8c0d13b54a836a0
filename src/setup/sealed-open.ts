import { protectedEntries } from '../blob/protected-files.ts'
import { lookAtWorkFile } from '../blob/work-file.ts'
import type { BytePath } from '../byte-path.ts'
import { type Repository, requireWorkTree } from '../git/repository.ts'

/** Files in git that lie as plaintext in the work tree, though they are to stay ciphertext (`filter=nixsecret-sealed`). */
export async function sealedOpen(repo: Repository): Promise<BytePath[]> {
  const cwd = requireWorkTree(repo)
  const found = (await protectedEntries({ cwd })).filter(
    ({ path, driver }) => driver === 'nixsecret-sealed' && lookAtWorkFile(cwd, path).kind === 'plaintext',
  )
  return [...new Set(found.map(({ path }) => path))]
}
