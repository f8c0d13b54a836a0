import type { BytePath } from '../../byte-path.ts'

/** Whom git-crypt lets read with GPG: name of the key (`''` for the default) → fingerprints. */
export type GitCryptUsers = ReadonlyMap<string, readonly string[]>

/**
 * The GPG users of git-crypt, as its files in the repository name them: `.git-crypt/keys/NAME/VERSION/FINGERPRINT.gpg`.
 * @see https://github.com/AGWA/git-crypt/blob/master/commands.cpp (`encrypt_repo_key`)
 */
export function gitCryptUsers(paths: readonly BytePath[]): GitCryptUsers {
  const users = new Map<string, string[]>()
  for (const path of paths) {
    const [, name = '', id = ''] =
      /^\.git-crypt\/keys\/([A-Za-z0-9_-]+)\/\d+\/([0-9A-F]{16,64})\.gpg$/.exec(path) ?? []
    if (id === '') continue
    const key = name === 'default' ? '' : name
    users.set(key, [...new Set([...(users.get(key) ?? []), id])])
  }
  return users
}
