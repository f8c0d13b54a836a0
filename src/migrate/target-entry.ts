import { lookAtWorkFile } from '../blob/work-file.ts'
import type { BytePath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import type { FlaggedEntry } from '../git/flagged-index.ts'
import { neverEncrypted } from '../policy/readers-of.ts'
import { escapePattern } from './escape-pattern.ts'
import type { ImportPlace } from './import-place.ts'

/**
 * What the index has at the path of a secret so far, or null.
 * @throws NixsecretError `refused` where git would keep no ciphertext there
 */
export function targetEntry(
  { top }: Pick<ImportPlace, 'top'>,
  index: readonly FlaggedEntry[],
  path: BytePath,
): FlaggedEntry | null {
  const refuse = (why: string) => new NixsecretError('refused', why)
  if (neverEncrypted(path)) throw refuse('it is never encrypted: git and we must read it')
  if (escapePattern(path) === null)
    throw refuse('its name cannot stand in nixsecret.toml: no UTF-8, a line break, or too long')
  const here = index.filter((entry) => entry.path === path)
  if (here.some(({ mode }) => !mode.startsWith('100')))
    throw refuse('a symlink or a submodule is there, which git never encrypts')
  if (here.some(({ stage }) => stage !== 0)) throw refuse('it is in conflict; settle that first')
  if (index.some((entry) => path.startsWith(`${entry.path}/`) || entry.path.startsWith(`${path}/`)))
    throw refuse('a file and a directory would have the same name')
  if (lookAtWorkFile(top, path).kind === 'other') throw refuse('no regular file is there')
  return here[0] ?? null
}
