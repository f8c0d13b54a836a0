import { TEXTCONV } from './textconv.ts'

/** One key of git's configuration that init sets. */
export interface ConfigEntry {
  readonly key: string
  readonly value: string
  /** Values that earlier releases set: replaced without a word. Everything else there is the user's own. */
  readonly formerly: readonly string[]
}

function entry(key: string, value: string, formerly: readonly string[] = []): ConfigEntry {
  return { key, value, formerly }
}

/** The drivers: what git needs to know wherever a protected file may be. */
export const DRIVER_ENTRIES: readonly ConfigEntry[] = [
  entry('filter.nixsecret.process', 'git-nixsecret filter-process'),
  entry('filter.nixsecret.clean', 'git-nixsecret clean -- %f'),
  entry('filter.nixsecret.smudge', 'git-nixsecret smudge -- %f'),
  entry('filter.nixsecret.required', 'true'),
  entry('filter.nixsecret-sealed.process', 'git-nixsecret filter-process --sealed'),
  entry('filter.nixsecret-sealed.clean', 'git-nixsecret clean -- %f'),
  entry('filter.nixsecret-sealed.smudge', 'git-nixsecret smudge --sealed -- %f'),
  entry('filter.nixsecret-sealed.required', 'true'),
  entry('diff.nixsecret.textconv', TEXTCONV),
  // A small ciphertext may hold no NUL: git would take it for text, and "git am" damages CRLF in text patches.
  entry('diff.nixsecret.binary', 'true'),
  // A cache of textconv output would be plaintext in git's object store.
  entry('diff.nixsecret.cachetextconv', 'false'),
  entry('merge.nixsecret.name', 'merge plaintext, keep ciphertext (git-nixsecret)'),
  entry('merge.nixsecret.driver', 'git-nixsecret merge-driver %O %A %B %L %P %S %X %Y'),
]

/**
 * What a repository gets on top. The filter takes group and other permissions off what it decrypts; that changes
 * the ctime, and git would clean every secret again at each `git status`.
 */
export const TRUST_CTIME: ConfigEntry = entry('core.trustctime', 'false')

/** Everything that init sets in a repository, the hooks aside. */
export const REPOSITORY_ENTRIES: readonly ConfigEntry[] = [...DRIVER_ENTRIES, TRUST_CTIME]
