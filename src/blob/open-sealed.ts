import type { BytePath } from '../byte-path.ts'
import { checkoutIndex } from '../git/checkout-index.ts'
import type { TreeEntry } from '../git/list-index.ts'
import type { Repository } from '../git/repository.ts'
import type { GitOptions } from '../git/run-git.ts'
import { looksSealed, workFileId } from './work-file.ts'

/** What became of files that lay in the work tree as ciphertext. */
export interface OpenedFiles {
  /** Plaintext now. */
  readonly opened: readonly BytePath[]
  /** No key here opens them, or they are damaged. */
  readonly stillLocked: readonly BytePath[]
  /** Ciphertext that is not what git has: left as it is. */
  readonly changed: readonly BytePath[]
}

/** Whether a file of the work tree is, byte for byte, the ciphertext that git has: it may be overwritten. */
export function isCiphertextOf(
  top: string,
  { path, oid }: Pick<TreeEntry, 'path' | 'oid'>,
  format: Repository['objectFormat'],
): boolean {
  return looksSealed(top, path) && workFileId(top, path, format) === oid
}

/**
 * Has git write ciphertext of the work tree anew, so that the filter decrypts it; what was changed is left alone.
 * Every file is read in full directly before, whatever its times say.
 * @param git `cwd` must be the top of the work tree
 */
export async function openSealed(
  files: readonly TreeEntry[],
  git: GitOptions & { readonly cwd: string },
  format: Repository['objectFormat'],
): Promise<OpenedFiles> {
  const sealed = files.filter(({ path }) => looksSealed(git.cwd, path))
  const intact = sealed.filter((file) => isCiphertextOf(git.cwd, file, format))
  const paths = intact.map(({ path }) => path)
  await checkoutIndex(paths, { ...git, filtered: true })
  const opened = new Set(paths.filter((path) => !looksSealed(git.cwd, path)))
  return {
    opened: [...opened],
    stillLocked: paths.filter((path) => !opened.has(path)),
    changed: sealed.filter((file) => !intact.includes(file)).map(({ path }) => path),
  }
}
