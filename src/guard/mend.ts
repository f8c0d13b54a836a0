import { displayText } from '../byte-path.ts'
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
  const mend = commands(draft.remedy, entry.path)
  if (entry.commit === null || standing === null) {
    const other =
      draft.remedy === 'restage' ? [`# if it is not meant for git at all: ${untrack(entry.path)}`] : []
    return [...mend, ...other]
  }
  const now = atTip ? mend : []
  if (standing.pushed) {
    const leaked = draft.remedy === 'restage' || draft.remedy === 'rekey'
    const rotate = '# already pushed: change the secret itself first; whoever can read the remote may have it'
    return [...(leaked ? [rotate] : []), ...now, ...(now.length > 0 ? ['git commit'] : [])]
  }
  return [...switchTo(entry.commit, standing), ...rewrite(entry.commit, standing, now)]
}

function commands(remedy: Remedy, path: Raised['entry']['path']): string[] {
  if (remedy === 'restage') return ['git nixsecret init', `git add --renormalize -- ${gitPath(path)}`]
  if (remedy === 'rekey') return [`git nixsecret rekey -- ${shellPath(path)}`]
  if (remedy === 'untrack') return [untrack(path)]
  return ['"$' + '{EDITOR:-vi}" nixsecret.toml', 'git add nixsecret.toml']
}

function untrack(path: Raised['entry']['path']): string {
  return `git rm --cached -- ${gitPath(path)}`
}

function switchTo(commit: string, { head, branch }: Standing): string[] {
  if (head !== 'no') return []
  return branch === null
    ? [`# on a branch that has the commit (git branch --contains ${commit.slice(0, 12)}):`]
    : [`git switch ${shellWord(branch)}`]
}

/** Commands that leave the branch without the commit's version of the file. */
function rewrite(commit: string, { head, root }: Standing, mend: readonly string[]): string[] {
  const short = commit.slice(0, 12)
  if (head === 'is') return [...mend, 'git commit --amend --no-edit']
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
