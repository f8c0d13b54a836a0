import { NixsecretError } from '../../errors.ts'
import type { CatFile } from '../../git/cat-file.ts'
import type { GitOptions } from '../../git/run-git.ts'
import { withMemoryDir } from '../../host/memory-dir.ts'
import type { FilterFamily } from './filter-family.ts'
import type { FilteredFile } from './filter-source.ts'
import type { GitCryptKeyFile } from './git-crypt-key.ts'
import { makesSameBlob } from './makes-same-blob.ts'
import { openGitCrypt } from './open-git-crypt.ts'
import { LARGEST_SECRET, readThroughFilter } from './read-through-filter.ts'
import { runDriver } from './run-driver.ts'

/** The plaintext of a file that another tool encrypts. */
export interface OpenedFile {
  readonly plaintext: Buffer
  /** Whether git has it in the clear, as when it was committed without the filter. */
  readonly bare: boolean
}

/** Where blobs of another tool's filter are, and what opens them. */
export interface FilteredPlace {
  readonly git: GitOptions & { readonly cwd: string }
  readonly catFile: CatFile
  /** Keys of git-crypt; for other tools none, as git's own filters are used. */
  readonly keys: readonly GitCryptKeyFile[]
}

/**
 * Opens the blob that is in git, and makes sure that what came out is the plaintext: tools of this kind hand on
 * ciphertext, or worse, where they have no key, and say nothing.
 * @throws NixsecretError `identity` where there is no key for it, `refused` where it can't be vouched for
 */
export async function openFiltered(
  file: FilteredFile,
  family: FilterFamily,
  place: FilteredPlace,
): Promise<OpenedFile> {
  const blob = await place.catFile.getUpTo(file.oid, LARGEST_SECRET + 1)
  if (blob === null) throw new NixsecretError('missing', 'its object is not here: a partial clone, or damage')
  if (blob.content.length > LARGEST_SECRET)
    throw new NixsecretError('refused', 'it is too large for a secret')
  if (!family.isSealed(blob.content)) return { plaintext: blob.content, bare: blob.size > 0 }
  if (place.keys.length > 0) return { plaintext: openByKey(file, blob.content, place.keys), bare: false }
  const plaintext = file.captured
    ? ((await runDriver(file, 'smudge', blob.content, place.git)) ?? blob.content)
    : await readThroughFilter(file, place.git)
  // transcrypt prints what openssl made of it before it failed, and then the ciphertext.
  if (family.isSealed(plaintext) || endsWith(plaintext, blob.content)) {
    throw new NixsecretError('identity', `${family.scheme} does not decrypt it here`, {
      hints: family.unlock,
    })
  }
  if (!family.authenticated) await vouch(file, blob.content, plaintext, place)
  return { plaintext, bare: false }
}

function openByKey({ filter }: FilteredFile, blob: Buffer, files: readonly GitCryptKeyFile[]): Buffer {
  const name = filter.replace(/^git-crypt-?/, '')
  const keys = files.filter((file) => file.name === name).flatMap((file) => file.keys)
  const plaintext = openGitCrypt(blob, keys)
  if (plaintext !== null) return plaintext
  const which = name === '' ? 'the default key' : `the key called ${name}`
  throw new NixsecretError(
    'identity',
    keys.length === 0 ? `it needs ${which}, and no such key was given` : `${which} does not open it`,
  )
}

/** A wrong password now and then makes rubbish that looks well padded; the right one makes the very same blob again. */
async function vouch(
  file: FilteredFile,
  blob: Buffer,
  plaintext: Buffer,
  { git }: FilteredPlace,
): Promise<void> {
  const same = await withMemoryDir(async (dir) => {
    // Such filters write plaintext to temporary files.
    const inMemory = { ...git, env: { ...git.env, TMPDIR: dir } }
    if (!file.captured) return makesSameBlob(file, plaintext, inMemory)
    return (await runDriver(file, 'clean', plaintext, inMemory))?.equals(blob) ?? null
  })
  if (same === true) return
  throw new NixsecretError(
    'refused',
    same === null
      ? 'its name is no UTF-8, so that it cannot be checked'
      : 'its ciphertext is not what the filter makes of its plaintext: renamed since, or a wrong password; look at it',
    { hints: ['git add --renormalize . && git commit    # if the files read well'] },
  )
}

function endsWith(bytes: Buffer, end: Buffer): boolean {
  return end.length > 0 && bytes.length >= end.length && bytes.subarray(bytes.length - end.length).equals(end)
}
