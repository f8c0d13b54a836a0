import { isArmored } from '../age/armor.ts'
import { MAX_HEADER_SIZE, parseHeader } from '../age/header.ts'
import { beginsAsAge } from '../age/inspect.ts'
import { unwrapFileKey } from '../age/open.ts'
import { mayBeginSops } from '../blob/may-be-sops.ts'
import { openFile } from '../blob/open-file.ts'
import { lookAtWorkFile, readPieces, workFilePath } from '../blob/work-file.ts'
import { type BytePath, displayPath, displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { blobStream } from '../git/blob-stream.ts'
import { listIndex, listTree, type TreeEntry } from '../git/list-index.ts'
import { tryGit } from '../git/run-git.ts'
import { readersOf } from '../policy/readers-of.ts'
import { pastePath } from './paste-path.ts'
import { headOf, openPieces, type Pieces, type Source, WHOLE_LIMIT, wholeOf } from './secret-stream.ts'
import { treeOf } from './tree-of.ts'
import type { Workspace } from './workspace.ts'

/**
 * The plaintext of a secret: of the work tree's file where there is one, else of the index's;
 * with a revision, of the blob there. Up to {@link WHOLE_LIMIT} it is whole before anything is handed out.
 * @param rev any name of a commit or tree that git takes; null for here and now
 * @throws NixsecretError `missing` where there is no such file, `identity` where no key opens it,
 *   `format` where it is damaged
 */
export async function readSecret(space: Workspace, path: BytePath, rev: string | null): Promise<Pieces> {
  return openSource(space, path, await findSource(space, path, rev))
}

/** Where the bytes of a secret are, still as they lie there. */
async function findSource(space: Workspace, path: BytePath, rev: string | null): Promise<Source> {
  if (rev === null && space.repo.workTree !== null) {
    const file = lookAtWorkFile(space.top, path)
    if (file.kind === 'other') throw new NixsecretError('usage', `${displayPath(path)} is not a regular file`)
    if (file.kind !== 'absent') return () => readPieces(workFilePath(space.top, path))
  }
  const entry =
    rev === null
      ? (await listIndex(space.git)).find((found) => found.path === path && found.stage === 0)
      : (await listTree(await treeOf(space, rev), space.git)).find((found) => found.path === path)
  if (entry === undefined) throw nowhere(space, path, rev)
  if (!isRegular(entry)) throw new NixsecretError('usage', `${displayPath(path)} is not a regular file`)
  return () => blobStream(entry.oid, space.git)
}

function isRegular(entry: TreeEntry): boolean {
  return entry.mode.startsWith('100')
}

function nowhere(space: Workspace, path: BytePath, rev: string | null): NixsecretError {
  const where = rev === null ? 'neither in the work tree nor in the index' : `not in ${displayText(rev)}`
  const hints = [`git log --all --oneline -- ${pastePath(space, path)}`]
  return new NixsecretError('missing', `${displayPath(path)} is ${where}`, { hints })
}

/**
 * The plaintext of a content, which may be ciphertext or plaintext as it is.
 * @param path for messages
 * @throws NixsecretError as {@link readSecret}
 */
export async function openSource(space: Workspace, path: BytePath, source: Source): Promise<Pieces> {
  const head = await headOf(source(), WHOLE_LIMIT + 1)
  if (!beginsAsAge(head) && !mayBeginSops(head)) return head.length <= WHOLE_LIMIT ? [head] : source()
  const identities = await space.keys.identities()
  if (head.length > WHOLE_LIMIT && beginsAsAge(head) && !isArmored(head))
    return openLarge(space, path, source, head)
  const opened = await openFile(path, head.length > WHOLE_LIMIT ? await wholeOf(source()) : head, identities)
  if (opened.state === 'plaintext') return source()
  if (opened.state === 'damaged') throw damaged(space, path, opened.reason)
  if (opened.state !== 'open') throw await lockedFault(space, path)
  return [opened.plaintext]
}

async function openLarge(space: Workspace, path: BytePath, source: Source, head: Buffer): Promise<Pieces> {
  const identities = await space.keys.identities()
  try {
    const header = parseHeader(head.subarray(0, MAX_HEADER_SIZE), true)
    const fileKey = header === null ? null : await unwrapFileKey(header, identities)
    if (header === null || fileKey === null) throw await lockedFault(space, path)
    return openPieces(source(), header, fileKey)
  } catch (fault) {
    if (fault instanceof NixsecretError && fault.code === 'format') throw damaged(space, path, fault.message)
    throw fault
  }
}

function damaged(space: Workspace, path: BytePath, reason: string): NixsecretError {
  return new NixsecretError('format', `${displayPath(path)} is damaged: ${reason}`, {
    hints: [`git log --oneline -- ${pastePath(space, path)}`],
  })
}

/** The fault for a file that no key here opens: says who can, as far as the policy tells. */
export async function lockedFault(space: Workspace, path: BytePath): Promise<NixsecretError> {
  if (space.passphraseMissed) {
    const message = `${displayPath(path)} stays locked: a key here needs its passphrase, and there is no terminal to ask on`
    return new NixsecretError('passphrase', message, { hints: [UNLOCK_IN_TERMINAL] })
  }
  const policy = await space.policyOrNull().catch(() => null)
  const names = policy === null ? null : readersOf(policy, path)
  const who =
    names === null ? '' : `; nixsecret.toml lets these read it: ${names.map(displayText).join(', ')}`
  return new NixsecretError(
    'identity',
    `no private key here opens ${displayPath(path)}${who}${await keysSaid(space)}`,
    {
      hints: [
        ...(await identityHint(space)),
        ...space.keys.problems.flatMap(({ hints }) => hints),
        'git nixsecret doctor',
      ],
    },
  )
}

/** Where a key whose passphrase is wanted can be asked for it. */
export const UNLOCK_IN_TERMINAL = 'git nixsecret unlock    # in a terminal'

/** How to name a key, where none is named yet. */
export async function identityHint(space: Workspace): Promise<string[]> {
  if (process.env.NIXSECRET_IDENTITY) return []
  const { code } = await tryGit(['config', '--get-all', 'nixsecret.identity'], space.git)
  return code === 0 ? [] : ['git config nixsecret.identity FILE']
}

/** What is to be said of the keys that were tried. */
export async function keysSaid(space: Workspace): Promise<string> {
  const paths = await space.keys.paths()
  const problem = space.keys.problems[0]
  if (problem !== undefined) return ` (${problem.message})`
  if (paths.length === 0) return ' (there is no private key at all: no identity file was found)'
  return ` (tried ${paths.map((file) => displayText(file)).join(', ')})`
}
