import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { displayText } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { openRepository } from '../../git/repository.ts'
import { GIT_CRYPT_KEY_LIMIT, type GitCryptKeyFile, parseGitCryptKey } from './git-crypt-key.ts'

/**
 * The keys that an unlocked clone keeps below its git directory.
 * @throws NixsecretError `missing` where it is no clone, or locked
 * @see https://github.com/AGWA/git-crypt/blob/master/commands.cpp (`get_internal_keys_path`)
 */
export async function gitCryptKeysOf(clone: string): Promise<GitCryptKeyFile[]> {
  const { gitDir, commonDir } = await openRepository(clone)
  for (const dir of new Set([gitDir, commonDir])) {
    const keys = keysIn(join(dir, 'git-crypt/keys'))
    if (keys.length > 0) return keys
  }
  throw new NixsecretError('missing', `${displayText(clone)} is locked, or not under git-crypt`, {
    hints: [
      'git-crypt unlock    # in that clone',
      'git nixsecret import git-crypt --from CLONE    # another one, that is unlocked',
      'git nixsecret import git-crypt --key FILE      # what "git-crypt export-key FILE" wrote in one',
    ],
  })
}

function keysIn(dir: string): GitCryptKeyFile[] {
  try {
    return readdirSync(dir)
      .map((name) => join(dir, name))
      .filter((file) => statSync(file).isFile() && statSync(file).size <= GIT_CRYPT_KEY_LIMIT)
      .map((file) => parseGitCryptKey(readFileSync(file)))
  } catch (fault) {
    if (fault instanceof NixsecretError || (fault as NodeJS.ErrnoException).code !== 'ENOENT') throw fault
    return []
  }
}
