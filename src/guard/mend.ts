import type { BytePath } from '../byte-path.ts'
import type { Draft, Finding } from './finding.ts'
import type { Raised } from './judge.ts'
import { rewrite } from './rewrite.ts'
import { gitPath, shellPath } from './shell-path.ts'
import type { Standing } from './standing.ts'

/** What decides how a finding is mended, apart from the finding. */
export interface Scene {
  /** Null for the index, and for a tree that was judged by itself. */
  readonly standing: Standing | null
  /** Whether git knows the filter here, so that adding a file encrypts it. */
  readonly configured: boolean
  /** A revision with an earlier, undamaged version of the file, if it was looked for and there is one. */
  readonly whole: string | null
}

/** Makes the finding, with the commands that fit what was found and where. */
export function toFinding(raised: Raised, scene: Scene): Finding {
  const { rule, draft, entry } = raised
  return {
    rule,
    severity: draft.severity,
    commit: entry.commit,
    path: draft.path ?? entry.path,
    line: draft.line ?? null,
    column: draft.column ?? null,
    message: draft.message,
    hint: hint(raised, scene).join('\n'),
  }
}

function hint({ draft, entry, atTip }: Raised, scene: Scene): string[] {
  const { commit, path, oid } = entry
  const { standing } = scene
  const mend = commands(draft, path, scene)
  if (commit === null || standing === null) return [...mend, ...otherwise(draft, path)]
  const now = atTip ? mend : []
  const after = now.length > 0 ? [...now, 'git commit'] : []
  // Ciphertext gives nothing away, so a commit that others have, or that only lacks a digest, need not go.
  if (draft.remedy === 'rekey' && (standing.pushed || draft.severity !== 'error'))
    return atTip ? after : ['# no tip has this version any more; what is stale now: git nixsecret rekey']
  if (standing.pushed) return [...leaked(draft), ...after]
  const noSecret = draft.remedy === 'protect' ? ['# if it is no secret any more: git push --no-verify'] : []
  return [...rewrite({ commit, path, oid, draft }, standing, now), ...noSecret]
}

function leaked({ remedy }: Draft): string[] {
  if (remedy === 'restore')
    return ['# already pushed: if anything in it can be read, change the secret itself too']
  if (remedy !== 'restage' && remedy !== 'restage-later' && remedy !== 'protect') return []
  return ['# already pushed: change the secret itself first; whoever can read the remote may have it']
}

function commands({ remedy, from }: Draft, path: BytePath, { configured, whole, standing }: Scene): string[] {
  const init = configured ? [] : ['git nixsecret init']
  if (remedy === 'protect') return from === undefined ? protect(path, init) : moveBack(path, from, init)
  // The commit's own attributes don't protect it: adding it again there would change nothing.
  if (remedy === 'restage-later' && standing?.head === 'is') return protect(path, init)
  if (remedy === 'restage' || remedy === 'restage-later')
    return [...init, `git add --renormalize -- ${gitPath(path)}`]
  if (remedy === 'restore') return restore(path, whole)
  if (remedy === 'rekey') return [`git nixsecret rekey -- ${shellPath(path)}`]
  if (remedy === 'untrack') return [untrack(path)]
  return ['"$' + '{EDITOR:-vi}" nixsecret.toml', 'git add nixsecret.toml']
}

/** Damaged: nothing that is here can be encrypted again. */
function restore(path: BytePath, whole: string | null): string[] {
  return whole === null
    ? ['# standard input becomes the secret:', `git nixsecret set -- ${shellPath(path)}`]
    : [`git checkout ${whole} -- ${gitPath(path)}`]
}

/** What to do where the finding is right, but the file is not what it takes it for. */
function otherwise({ remedy }: Draft, path: BytePath): string[] {
  if (remedy !== 'restage' && remedy !== 'protect') return []
  const noSecret = remedy === 'protect' ? ['# if it is no secret any more: git commit --no-verify'] : []
  return [`# if it is not meant for git at all: ${untrack(path)}`, ...noSecret]
}

/** An attribute for the path, and the file once more through the filter. */
function protect(path: BytePath, init: readonly string[]): string[] {
  return [
    '# a line there must give the path filter=nixsecret; or move the file to where one does',
    '"$' + '{EDITOR:-vi}" .gitattributes',
    'git add .gitattributes',
    ...init,
    `git add --renormalize -- ${gitPath(path)}`,
  ]
}

function moveBack(path: BytePath, from: BytePath, init: readonly string[]): string[] {
  const directory = from.slice(0, Math.max(0, from.lastIndexOf('/'))) as BytePath
  return [
    '# back to where it is encrypted; or give its new path filter=nixsecret in .gitattributes first',
    ...init,
    ...(directory === '' ? [] : [`mkdir -p -- ${shellPath(directory)}`]),
    `git mv -- ${shellPath(path)} ${shellPath(from)}`,
    `git add --renormalize -- ${gitPath(from)}`,
  ]
}

function untrack(path: BytePath): string {
  return `git rm --cached -- ${gitPath(path)}`
}
