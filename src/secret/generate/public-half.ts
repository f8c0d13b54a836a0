import { lookAtWorkFile } from '../../blob/work-file.ts'
import { type BytePath, displayPath } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { filterAttributes } from '../../git/check-attr.ts'
import type { FlaggedEntry } from '../../git/flagged-index.ts'
import type { StagedBlob } from '../../git/stage-blobs.ts'
import { pastePath } from '../paste-path.ts'
import type { Workspace } from '../workspace.ts'

/** Where the public half of a key lies: beside it. */
export function publicPath(path: BytePath): BytePath {
  return `${path}.pub` as BytePath
}

/**
 * Makes sure that a public half can stand beside a key, readable for everybody, before anything is made.
 * @param index the whole
 * @returns what to stage, but for the blob
 * @throws NixsecretError `refused` where an attribute would encrypt it, or something else stands there
 */
export async function publicHalfAt(
  space: Workspace,
  path: BytePath,
  index: readonly FlaggedEntry[],
): Promise<Omit<StagedBlob, 'oid'>> {
  const shown = displayPath(path)
  const here = index.filter((entry) => entry.path === path)
  if (here.some(({ mode }) => !mode.startsWith('100')) || lookAtWorkFile(space.top, path).kind === 'other')
    throw new NixsecretError('refused', `${shown}, where the public half goes, is not a regular file`)
  const below = index.find((entry) => entry.path.startsWith(`${path}/`))
  if (below !== undefined)
    throw new NixsecretError('refused', `${shown}, where the public half goes, is a directory`)
  const filter = (await filterAttributes([path], { ...space.git, cached: false })).get(path)
  if (filter !== undefined && filter !== 'unset') throw filtered(space, path)
  const [{ mode, skipped, pinned } = { mode: '100644', skipped: false, pinned: false }] = here
  return { path, mode, skipped, pinned }
}

function filtered(space: Workspace, path: BytePath): NixsecretError {
  const message = `${displayPath(path)} is to be readable for everybody, and a .gitattributes line has it go through a filter`
  const up = '../'.repeat(space.prefix.split('/').length - 1)
  const plain = /^[\w./-]+$/.test(path)
  const line = `/${path} !filter !diff !merge !text`
  return new NixsecretError('refused', `${message}; nothing was changed`, {
    hints: [
      plain ? `echo '${line}' >> ${up}.gitattributes` : `git check-attr filter -- ${pastePath(space, path)}`,
    ],
  })
}
