import { type BytePath, displayText } from '../byte-path.ts'
import type { Finding, Remedy } from './finding.ts'
import type { Raised } from './judge.ts'
import { gitPath, shellPath } from './shell-path.ts'

/** Where a commit with a finding is; it decides how the finding is mended. */
export interface Standing {
  /** Somebody else may have it. */
  readonly pushed: boolean
  /** `is`: it is HEAD; `has`: HEAD was made on it; `no`: it is elsewhere. */
  readonly head: 'is' | 'has' | 'no'
  /** Whether it has a parent. */
  readonly root: boolean
  /** A branch that has it, if known. */
  readonly branch: string | null
}

/** Makes the finding, with the commands that fit what was found and where. */
export function toFinding(raised: Raised, standing: Standing | null): Finding {
  const { rule, draft, entry } = raised
  return {
    rule,
    severity: draft.severity,
    commit: entry.commit,
    path: draft.path ?? entry.path,
    line: draft.line ?? null,
    column: draft.column ?? null,
    message: draft.message,
    hint: hint(raised, standing).join('\n'),
  }
}

function hint({ draft, entry, atTip }: Raised, standing: Standing | null): string[] {
  const mend = commands(draft.remedy, entry.path, draft.from)
  if (entry.commit === null || standing === null) {
    return [...mend, ...otherwise(draft.remedy, entry.path)]
  }
  const now = atTip ? mend : []
  if (standing.pushed) {
    const leaked = draft.remedy !== 'untrack' && draft.remedy !== 'mend-policy'
    const rotate = '# already pushed: change the secret itself first; whoever can read the remote may have it'
    return [...(leaked ? [rotate] : []), ...now, ...(now.length > 0 ? ['git commit'] : [])]
  }
  const noSecret = draft.remedy === 'protect' ? ['# if it is no secret any more: git push --no-verify'] : []
  return [
    ...switchTo(entry.commit, standing),
    ...rewrite(entry.commit, standing, now, draft.from !== undefined),
    ...noSecret,
  ]
}

function commands(remedy: Remedy, path: BytePath, from: BytePath | undefined): string[] {
  if (remedy === 'protect') return from === undefined ? protect(path) : moveBack(path, from)
  if (remedy === 'restage') return ['git nixsecret init', `git add --renormalize -- ${gitPath(path)}`]
  if (remedy === 'rekey') return [`git nixsecret rekey -- ${shellPath(path)}`]
  if (remedy === 'untrack') return [untrack(path)]
  return ['"$' + '{EDITOR:-vi}" nixsecret.toml', 'git add nixsecret.toml']
}

/** What to do where the finding is right, but the file is not what it takes it for. */
function otherwise(remedy: Remedy, path: BytePath): string[] {
  if (remedy !== 'restage' && remedy !== 'protect') return []
  const noSecret = remedy === 'protect' ? ['# if it is no secret any more: git commit --no-verify'] : []
  return [`# if it is not meant for git at all: ${untrack(path)}`, ...noSecret]
}

/** An attribute for the path, and the file once more through the filter. */
function protect(path: BytePath): string[] {
  return [
    '# a line there must give the path filter=nixsecret; or move the file to where one does',
    '"$' + '{EDITOR:-vi}" .gitattributes',
    'git add .gitattributes',
    'git nixsecret init',
    `git add --renormalize -- ${gitPath(path)}`,
  ]
}

function moveBack(path: BytePath, from: BytePath): string[] {
  const directory = from.slice(0, Math.max(0, from.lastIndexOf('/'))) as BytePath
  return [
    '# back to where it is encrypted; or give its new path filter=nixsecret in .gitattributes first',
    'git nixsecret init',
    ...(directory === '' ? [] : [`mkdir -p -- ${shellPath(directory)}`]),
    `git mv -- ${shellPath(path)} ${shellPath(from)}`,
    `git add --renormalize -- ${gitPath(from)}`,
  ]
}

function untrack(path: BytePath): string {
  return `git rm --cached -- ${gitPath(path)}`
}

function switchTo(commit: string, { head, branch }: Standing): string[] {
  if (head !== 'no') return []
  return branch === null
    ? [`# on a branch that has the commit (git branch --contains ${commit.slice(0, 12)}):`]
    : [`git switch ${shellWord(branch)}`]
}

/**
 * Commands that leave the branch without the commit's version of the file.
 * @param mayBeEmpty what mends it may leave nothing of the commit: a move, taken back
 */
function rewrite(
  commit: string,
  { head, root }: Standing,
  mend: readonly string[],
  mayBeEmpty: boolean,
): string[] {
  const short = commit.slice(0, 12)
  if (head === 'is') return [...mend, `git commit --amend --no-edit${mayBeEmpty ? ' --allow-empty' : ''}`]
  if (root)
    return [`# stop at ${short} ("edit"), mend it, git rebase --continue:`, 'git rebase -i --root', ...mend]
  return [
    `# folds ${short} and everything since into one commit (git rebase -i ${short}^ can keep them apart):`,
    `git reset --soft ${short}^`,
    ...mend,
    'git commit',
  ]
}

function shellWord(name: string): string {
  return /^[\w./@%+=,][\w./@%+=,-]*$/.test(name) ? name : displayText(name)
}
