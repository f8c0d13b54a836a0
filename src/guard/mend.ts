import type { BytePath } from '../byte-path.ts'
import type { Draft, Finding, Remedy } from './finding.ts'
import { mendOpenFile, mendUntracked } from './mend-open-file.ts'
import type { Raised } from './raised.ts'
import { rewrite } from './rewrite.ts'
import { gitPath, shellPath } from './shell-path.ts'
import { GATE_RULES } from './silence/gate-rules.ts'
import type { Standing } from './standing.ts'
import { vouch } from './vouch.ts'

/** What decides how a finding is mended, apart from the finding. */
export interface Scene {
  /** Null for the index, and for a tree that was judged by itself. */
  readonly standing: Standing | null
  /** Whether git knows the filter here, so that adding a file encrypts it. */
  readonly configured: boolean
  /** A revision with an earlier, undamaged version of the file, if it was looked for and there is one. */
  readonly whole: string | null
  /** Every file that has to be added again where the judged commits end: one command for all, as hooks look at all. */
  readonly restaged?: readonly BytePath[]
  /** The first commit of the branch that must be made again, if that is not for each finding to say. */
  readonly first?: string | null
  /** Whether what is pushed has an allowance for it, which does not count before the remote has it. */
  readonly ignoredAllowance: boolean
  /** Whether the policy allows it, and the user has not accepted that. */
  readonly unaccepted: boolean
  /** Whether a comment there means to allow it, and does not. */
  readonly ignoredComment: boolean
}

// As the shell is to read it.
const EDITOR = ['"$', '{EDITOR:-vi}"'].join('')

const NO_SECRET = ['# or, if it is no secret, take its path out of the rule:', `#   ${EDITOR} nixsecret.toml`]

function ignored({ rule }: Raised, { ignoredAllowance, unaccepted, ignoredComment }: Scene): string[] {
  const remarks: string[] = []
  if (ignoredAllowance)
    remarks.push(
      '# the allowance in these commits does not count until the remote has it: push the commit that adds it first',
    )
  if (unaccepted)
    remarks.push('git nixsecret trust    # nixsecret.toml allows it, and you have not accepted that')
  if (ignoredComment)
    remarks.push(
      GATE_RULES.has(rule)
        ? `# no comment allows ${rule}: [[check.allow]] in nixsecret.toml does`
        : `# the comment there does not count; it must read: nixsecret: allow ${rule}: and a reason`,
    )
  return remarks
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
    hint: [...hint(raised, scene), ...ignored(raised, scene)].join('\n'),
  }
}

function hint({ draft, entry, atTip }: Raised, scene: Scene): string[] {
  const { commit, path, oid } = entry
  const { standing } = scene
  if (draft.remedy === 'lock' || draft.remedy === 'seal-here')
    return mendOpenFile(path, entry.lies, {
      configured: scene.configured,
      sealed: draft.remedy === 'seal-here',
    })
  if (draft.remedy === 'sign' || draft.remedy === 'allow-signer' || draft.remedy === 'review')
    return vouch(draft.remedy, commit, standing)
  const mend = mendUntracked(entry.lies, commands(draft, path, scene))
  if (commit === null || standing === null)
    return [...mend, ...(entry.lies === undefined ? otherwise(draft, path) : [])]
  const now = atTip ? mend : []
  const after = now.length > 0 ? [...now, 'git commit'] : []
  // Ciphertext gives nothing away, so a commit that others have, or that only lacks a digest, need not go.
  if (draft.remedy === 'rekey' && (standing.pushed || draft.severity !== 'error'))
    return atTip ? after : ['# no tip has this version any more; what is stale now: git nixsecret rekey']
  // Nothing is given away by the commit itself, only by who evaluates it.
  if (draft.remedy === 'look-at-setting') return [...mend]
  if (draft.remedy === 'read-later' || draft.remedy === 'split' || draft.remedy === 'protect-again')
    return atTip ? after : ['# no tip has this any more: nothing to do']
  if (standing.pushed) return [...leaked(draft), ...after]
  const noSecret = draft.remedy === 'protect' ? ['# if it is no secret any more: git push --no-verify'] : []
  return [...rewrite({ commit, path, oid, draft, first: scene.first ?? commit }, standing, now), ...noSecret]
}

const LEAKS: ReadonlySet<Remedy> = new Set([
  'restage',
  'restage-later',
  'protect',
  'filter',
  'take-out',
  'hide-key',
  'seal-file',
])

const FIRST: Partial<Record<Remedy, string>> = {
  'hide-key':
    'make a new key first, and take this one out of whatever trusts it (authorized_keys, nixsecret.toml)',
  'take-out': 'revoke or change the secret itself first',
}

function leaked({ remedy }: Draft): string[] {
  if (remedy === 'restore')
    return ['# already pushed: if anything in it can be read, change the secret itself too']
  if (!LEAKS.has(remedy)) return []
  const first = FIRST[remedy] ?? 'change the secret itself first'
  return [`# already pushed: ${first}; whoever can read the remote may have it`]
}

function commands({ remedy, from }: Draft, path: BytePath, scene: Scene): string[] {
  const { configured, whole, standing } = scene
  const init = configured ? [] : ['git nixsecret init']
  if (remedy === 'protect') return from === undefined ? protect(path, init) : moveBack(path, from, init)
  // The commit's own attributes don't protect it: adding it again there would change nothing.
  if (remedy === 'restage-later' && standing?.head === 'is') return protect(path, init)
  if (remedy === 'restage' || remedy === 'restage-later') return [...init, restage(path, scene.restaged)]
  if (remedy === 'restore') return restore(path, whole)
  if (remedy === 'rekey') return [`git nixsecret rekey -- ${shellPath(path)}`]
  if (remedy === 'untrack') return [untrack(path)]
  if (remedy === 'protect-again') return protect(path, init)
  if (remedy === 'filter') return [...protect(path, init), ...NO_SECRET]
  if (remedy === 'hide-key') return [untrack(path), '# or, instead, encrypt it:', ...protect(path, init)]
  if (remedy === 'seal-file') return protect(from ?? path, init)
  if (remedy === 'take-out') return takeOut(path)
  if (remedy === 'read-later') return readLater(path, from)
  if (remedy === 'look-at-setting') return [`git log -p -- ${gitPath(path)}`]
  if (remedy === 'split') return ['# split the file into smaller ones, or allow it with a reason']
  return [`${EDITOR} nixsecret.toml`, 'git add nixsecret.toml']
}

// More would fill the screen.
const MOST_PATHS = 20

function restage(path: BytePath, all: readonly BytePath[] = []): string {
  const paths = all.includes(path) ? all : [path]
  const named = paths.length > MOST_PATHS ? ':/' : paths.map(gitPath).join(' ')
  return `git add --renormalize -- ${named}`
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

/** What is in the file goes to a file of its own, which is encrypted. */
function takeOut(path: BytePath): string[] {
  return [
    '# put it into a file that is encrypted, and name that file here:',
    'git nixsecret edit secrets/NAME',
    `${EDITOR} ${shellPath(path)}`,
    `git add -- ${shellPath(path)}`,
  ]
}

function readLater(path: BytePath, from: BytePath | undefined): string[] {
  const needed =
    from === undefined
      ? [
          '# if evaluation truly needs it: an encrypted file that it reads, and a [[rule]] in nixsecret.toml with',
          '#   store = "plaintext" for it',
        ]
      : [
          '# if evaluation truly needs it: a [[rule]] in nixsecret.toml with store = "plaintext" for',
          `#   ${shellPath(from)}`,
        ]
  return [
    '# name the file that is decrypted on the host, and read it when the service starts:',
    `${EDITOR} ${shellPath(path)}`,
    `git add -- ${shellPath(path)}`,
    ...needed,
  ]
}

/** An attribute for the path, and the file once more through the filter. */
function protect(path: BytePath, init: readonly string[]): string[] {
  return [
    '# a line there must give the path filter=nixsecret; or move the file to where one does',
    `${EDITOR} .gitattributes`,
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
