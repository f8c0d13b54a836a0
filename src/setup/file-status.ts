import type { SealVerdict } from '../blob/judge-file.ts'
import type { BytePath } from '../byte-path.ts'

/**
 * How a protected file lies in the work tree:
 * `open` plaintext, as git has it; `modified` plaintext, changed since; `locked` ciphertext, as git has it;
 * `altered` ciphertext that was changed, which clean refuses; `sealed` ciphertext because the path is to stay so;
 * `empty`; `missing`; `skipped` left out on purpose (sparse checkout); `untracked` not in git yet;
 * `unmerged` in a conflict; `not a file` a symlink or submodule; `removed` only in HEAD any more.
 */
export type FileState =
  | 'open'
  | 'modified'
  | 'locked'
  | 'altered'
  | 'sealed'
  | 'empty'
  | 'missing'
  | 'skipped'
  | 'untracked'
  | 'unmerged'
  | 'not a file'
  | 'removed'

/** What needs mending. The ids are stable: `--json` has them. */
export type ProblemId =
  | 'plaintext-in-index'
  | 'plaintext-in-head'
  | 'damaged'
  | 'stale'
  | 'other-format'
  | 'altered'
  | 'sealed-open'
  | 'loose-mode'
  | 'no-reader'
  | 'symlink'
  | 'submodule'
  | 'overdue'

/** One thing that needs mending. */
export interface FileProblem {
  readonly id: ProblemId
  /** For people; lower case, no full stop. */
  readonly message: string
}

/** Everything that status knows of one protected path. */
export interface FileStatus {
  readonly path: BytePath
  readonly state: FileState
  /** Whether it stays ciphertext in the work tree (`filter=nixsecret-sealed`). */
  readonly sealed: boolean
  /** Whether what lies in the work tree is plaintext, or may be, being unreadable: what a build would copy. */
  readonly plaintext: boolean
  /** What the policy says of its plaintext: that it may enter the Nix store, or (null) that it may not. */
  readonly store: 'plaintext' | null
  /** Names that the policy has for it; null where there is no policy, or it names nobody. */
  readonly readers: readonly string[] | null
  /** Whether a key here opens the blob in the index; null where there is no such blob, or it is no age file. */
  readonly opens: boolean | null
  /** How the blob stands to the policy; null where there is no age file or no policy. */
  readonly recipients: SealVerdict | null
  readonly problems: readonly FileProblem[]
  /** What is no problem, and worth knowing; absent where there is nothing. */
  readonly remark?: string
}

/** Says what is wrong, in words. */
export const PROBLEM_TEXT: Readonly<Record<ProblemId, string>> = {
  'plaintext-in-index': 'plaintext in the index',
  'plaintext-in-head': 'plaintext in HEAD',
  damaged: 'damaged in git',
  stale: 'encrypted for other readers',
  'other-format': 'not in the format that nixsecret.toml says',
  altered: 'changed while locked',
  'sealed-open': 'plaintext here, but to stay ciphertext (filter=nixsecret-sealed)',
  'loose-mode': 'open, and others on this machine can get at it',
  'no-reader': 'the policy names no reader',
  symlink: 'a symlink: git stores its target in plaintext',
  submodule: 'a submodule: git encrypts nothing in it',
  overdue: 'to be changed by now (rotate)',
}

/** What mends it: a command to paste, with a place for the paths. */
export const PROBLEM_HINT: Readonly<Record<ProblemId, (paths: string) => string>> = {
  'plaintext-in-index': (paths) => `git add --renormalize -- ${paths}`,
  'plaintext-in-head': (paths) =>
    `git add --renormalize -- ${paths} && git commit    # then change these secrets`,
  damaged: (paths) => `git log --oneline -- ${paths}    # restore an earlier version`,
  stale: (paths) => `git nixsecret rekey ${paths}`,
  'other-format': (paths) => `git nixsecret rekey ${paths}`,
  altered: (paths) => `git restore -- ${paths}    # or, with new content: git nixsecret set PATH`,
  'sealed-open': (paths) => `git add -- ${paths} && git nixsecret lock ${paths}`,
  'loose-mode': (paths) => `chmod go-rwx ${paths}`,
  'no-reader': () => '$EDITOR nixsecret.toml    # a [default] or a [[rule]] with `to`',
  symlink: (paths) => `git rm --cached -- ${paths}`,
  submodule: (paths) => `git rm --cached -- ${paths}`,
  overdue: (paths) => `git nixsecret edit ${paths.split(' ', 1)[0]}    # or set, generate; then the others`,
}
