import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { beginsAsAge } from '../age/inspect.ts'
import { lookAtWorkFile, readPieces } from '../blob/work-file.ts'
import { type BytePath, baseName, displayPath, displayText, pathBytes } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { listFlaggedIndex } from '../git/flagged-index.ts'
import { withMemoryDir } from '../host/memory-dir.ts'
import { pastePath } from './paste-path.ts'
import { readSecret } from './read-secret.ts'
import { wholeOf } from './secret-stream.ts'
import { storeSecret } from './store-secret.ts'
import type { Stored } from './stored.ts'
import { type Target, targetAt } from './target.ts'
import type { Workspace } from './workspace.ts'

/**
 * Lets the user change a file; throws where nothing is to be done with it.
 * @param scratch a directory in memory for what the editor needs besides
 */
export type EditFile = (file: Buffer, scratch: string) => Promise<void>

/**
 * Hands the plaintext of a secret to an editor, in a file that lies in memory only, and stores what comes back.
 * What was edited is never lost: if it can't be stored, the file stays where it is named in the fault.
 * @returns null where nothing was changed
 * @throws NixsecretError before the editor starts, wherever the result could not be stored
 */
export async function editSecret(
  space: Workspace,
  path: BytePath,
  edit: EditFile,
): Promise<(Stored & Pick<Target, 'leftOut'>) | null> {
  const target = await targetAt(space, path)
  const isNew = target.entry === null && target.workFile.kind === 'absent'
  const before = isNew ? Buffer.alloc(0) : await wholeOf(await readSecret(space, path, null))
  return withMemoryDir(
    async (dir) => {
      // In a folder of its own: the editor's scratch files must not be taken for it.
      const folder = join(dir, 'secret')
      mkdirSync(folder, { mode: 0o700 })
      const file = Buffer.concat([Buffer.from(`${folder}/`), pathBytes(baseName(path))])
      writePrivate(file, before)
      await edit(file, dir)
      const after = readBack(file, path)
      if (after.equals(before)) return null
      try {
        return { ...(await storeEdited(space, target, after)), leftOut: target.leftOut }
      } catch (fault) {
        throw kept(fault, path, folder)
      }
    },
    { ignoreInterrupt: true },
  )
}

function writePrivate(file: Buffer, content: Buffer): void {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
  const fd = openSync(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
  try {
    for (let at = 0; at < content.length; ) at += writeSync(fd, content, at)
  } finally {
    closeSync(fd)
  }
}

function readBack(file: Buffer, path: BytePath): Buffer {
  const stat = lstatSync(file, { throwIfNoEntry: false })
  if (!stat?.isFile()) {
    throw new NixsecretError(
      'refused',
      `the editor left no file for ${displayPath(path)}; nothing was changed`,
    )
  }
  return Buffer.concat([...readPieces(file)])
}

async function storeEdited(space: Workspace, target: Target, content: Buffer): Promise<Stored> {
  const shown = displayPath(target.path)
  if (beginsAsAge(content)) {
    throw new NixsecretError(
      'refused',
      `${shown} would begin as an age file, and so be taken for ciphertext`,
      {
        hints: [`git nixsecret set --sealed ${pastePath(space, target.path)}`],
      },
    )
  }
  if (await changedMeanwhile(space, target)) {
    throw new NixsecretError('refused', `${shown} was changed by someone else while you edited it`)
  }
  return storeSecret(space, target, [content])
}

async function changedMeanwhile(space: Workspace, { path, entry, workFile }: Target): Promise<boolean> {
  const index = await listFlaggedIndex({ ...space.git, cwd: space.top })
  const now = index.find((found) => found.path === path && found.stage === 0)
  return now?.oid !== entry?.oid || stampOf(lookAtWorkFile(space.top, path)) !== stampOf(workFile)
}

function stampOf(file: ReturnType<typeof lookAtWorkFile>): string {
  if (!('stat' in file)) return file.kind
  // Size and time of change of the content can be put back (`touch -r`), that of the file's state can not.
  const { ino, size, mtimeMs, ctimeMs } = file.stat
  return [file.kind, ino, size, mtimeMs, ctimeMs].join(' ')
}

/** Moves what was edited out of the directory that is about to go, and says where it is. */
function kept(fault: unknown, path: BytePath, folder: string): unknown {
  if (!(fault instanceof Error)) return fault
  const place = mkdtempSync(join(dirname(dirname(folder)), 'git-nixsecret-kept-'))
  renameSync(folder, join(place, 'secret'))
  const shown = displayText(join(place, 'secret'))
  const why = fault instanceof NixsecretError ? fault.message : 'a bug in git-nixsecret'
  return new NixsecretError(
    fault instanceof NixsecretError ? fault.code : 'io',
    `${displayPath(path)} was not stored: ${why}; what you wrote is still in ${shown} (in memory, until you remove it or the machine restarts)`,
    {
      cause: fault,
      hints: [...(fault instanceof NixsecretError ? fault.hints : []), `rm -r ${displayText(place)}`],
    },
  )
}
