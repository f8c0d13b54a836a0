import { type BytePath, displayText, textPath } from '../byte-path.ts'
import type { Draft, Remedy } from './finding.ts'
import { gitPath, shellPath } from './shell-path.ts'
import type { Standing } from './standing.ts'

/** A commit that has to be made again, and what is wrong in it. */
export interface Faulty {
  readonly commit: string
  readonly path: BytePath
  readonly oid: string
  readonly draft: Draft
  /** The commit from which the branch is folded, if it is: this one, or a faulty one before it. */
  readonly first: string
}

// What takes something back may leave nothing of the commit, and then git refuses to amend it.
const UNDOING: ReadonlySet<Remedy> = new Set([
  'restore',
  'protect',
  'untrack',
  'mend-policy',
  'take-out',
  'hide-key',
])

/**
 * Commands that leave the branch without the commit's version of the file.
 * @param mend what mends the file where the branch ends; empty where nothing is wrong there
 */
export function rewrite(faulty: Faulty, standing: Standing, mend: readonly string[]): string[] {
  const { commit, draft } = faulty
  const { head, root } = standing
  const short = commit.slice(0, 12)
  const empty = UNDOING.has(draft.remedy) ? ' --allow-empty' : ''
  if (head === 'is') return [...mend, `git commit --amend --no-edit${empty}`]
  const inside = draft.remedy !== 'restage' && draft.remedy !== 'restage-later'
  const start = switchTo(commit, standing)
  if (root && inside)
    return [
      ...start,
      `# stop at ${short} ("edit"), mend it, git rebase --continue:`,
      'git rebase -i --root',
      ...mend,
    ]
  const drop = withoutBlob(faulty, root)
  if (root)
    return [
      ...start,
      ...mend,
      ...(mend.length > 0 ? ['git commit'] : []),
      `# takes this version of the file out of every commit from ${short} on; needs a clean work tree:`,
      drop,
      '# git keeps the old commits until this:',
      FORGET,
    ]
  const from = faulty.first.slice(0, 12)
  const apart = inside ? `git rebase -i ${from}^ can keep them apart` : 'the last line keeps them apart'
  return [
    ...start,
    `# folds ${from} and everything since into one commit (${apart}):`,
    `git reset --soft ${from}^`,
    ...mend,
    'git commit',
    ...(inside
      ? []
      : [`# without the reset, once the tip is mended and the work tree clean: ${drop} && ${FORGET}`]),
  ]
}

function switchTo(commit: string, { head, branch }: Standing): string[] {
  if (head !== 'no') return []
  return branch === null
    ? [`# on a branch that has the commit (git branch --contains ${commit.slice(0, 12)}):`]
    : [`git switch ${shellWord(branch)}`]
}

// `git filter-branch` leaves a ref to what it replaced: `check --all` and `git push --mirror` would still find it.
const FORGET = 'git update-ref -d "refs/original/$(git rev-parse --symbolic-full-name HEAD)"'

/** Only this blob at this path: what later commits have there, ciphertext, stays. */
function withoutBlob({ commit, path, oid }: Faulty, root: boolean): string {
  const filter = `git ls-files -s -- ${gitPath(path)} | sed -n "s/^[0-7]* ${oid} 0/0 ${oid} 0/p" | git update-index --index-info`
  const range = root ? 'HEAD' : `${commit.slice(0, 12)}^..HEAD`
  return `FILTER_BRANCH_SQUELCH_WARNING=1 git filter-branch -f --index-filter ${shellPath(textPath(filter))} -- ${range}`
}

function shellWord(name: string): string {
  return /^[\w./@%+=,][\w./@%+=,-]*$/.test(name) ? name : displayText(name)
}
