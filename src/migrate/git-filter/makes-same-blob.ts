import { pathBytes } from '../../byte-path.ts'
import { type GitOptions, tryGit } from '../../git/run-git.ts'
import type { FilteredFile } from './filter-source.ts'

/**
 * Whether git would store a plaintext at a path as just this blob, by the clean filter of that path: which proves that
 * the plaintext is whole, where ciphertext is the same each time. Nothing is stored.
 * @param git with `TMPDIR` in memory, as filters may write plaintext there
 * @returns null where the path is no UTF-8 and git cannot be asked
 */
export async function makesSameBlob(
  { oid, path }: FilteredFile,
  plaintext: Uint8Array,
  git: GitOptions & { readonly cwd: string },
): Promise<boolean | null> {
  const bytes = pathBytes(path)
  const text = bytes.toString('utf8')
  if (!Buffer.from(text, 'utf8').equals(bytes)) return null
  const args = ['hash-object', '--stdin', `--path=${text}`]
  const { code, stdout } = await tryGit(args, { ...git, input: plaintext })
  return code === 0 && stdout.toString('latin1').trim() === oid
}
