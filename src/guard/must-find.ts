import { NixsecretError } from '../errors.ts'
import type { CatFile, ObjectInfo } from '../git/cat-file.ts'

/**
 * Type and id of what a name stands for.
 * @param what how the message names it; escaped
 * @throws NixsecretError `missing` where it is not here: what can't be looked at is never an all-clear
 */
export async function mustFind(catFile: CatFile, name: string | Buffer, what: string): Promise<ObjectInfo> {
  const info = await catFile.info(name)
  if (info === null) {
    throw new NixsecretError('missing', `${what} is not in this repository`, {
      hints: ['git fetch --all', 'git fsck'],
    })
  }
  return info
}
