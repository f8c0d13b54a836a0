import { shellWord } from '../age/shell-word.ts'
import { type BytePath, displayPath, displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import type { Driver } from '../git/check-attr.ts'
import type { FlaggedEntry } from '../git/flagged-index.ts'
import type { TwinPlace } from './twin-place.ts'

// Why there can be no twin, and what to do about it.

/** Faults of the file system: files of root in the twin, above all. */
export function asFault(fault: unknown, place: TwinPlace): unknown {
  const { code } = fault as NodeJS.ErrnoException
  if (!['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT'].includes(code ?? '')) return fault
  return new NixsecretError('io', `cannot write the twin of this work tree (${code})`, {
    hints: code === 'EACCES' || code === 'EPERM' ? [`sudo rm -rf ${shellWord(place.dir)}`] : [],
    cause: fault,
  })
}

export function refuseUnmerged(entries: readonly FlaggedEntry[]): void {
  const conflict = entries.find(({ stage }) => stage !== 0)
  if (conflict === undefined) return
  throw new NixsecretError(
    'refused',
    `${displayPath(conflict.path)} is in a conflict, so there is no one tree to build`,
    {
      hints: ['git status'],
    },
  )
}

/** Without the filter git would store plaintext, and the twin have it. */
export function requireFilter(config: ReadonlyMap<string, string>, drivers: ReadonlySet<Driver>): void {
  if ([...drivers].every((driver) => isConfigured(config, driver))) return
  throw new NixsecretError(
    'refused',
    'git-nixsecret is not set up in this clone: git would store plaintext',
    {
      hints: ['git nixsecret init'],
    },
  )
}

export function isConfigured(config: ReadonlyMap<string, string>, driver: Driver): boolean {
  const value = (key: string) => config.get(`filter.${driver}.${key}`) ?? ''
  const runs = value('process') !== '' || value('clean') !== ''
  return runs && /^(true|yes|on|[1-9]\d*)$/i.test(value('required'))
}

export function refuseLinks(entries: readonly FlaggedEntry[]): void {
  const link = entries.find(({ mode }) => mode === '120000')
  if (link === undefined) return
  throw new NixsecretError('refused', `${displayPath(link.path)} is a symlink, which git does not encrypt`, {
    hints: ['git nixsecret status'],
  })
}

export function notCiphertext(path: BytePath): NixsecretError {
  return new NixsecretError(
    'refused',
    `${displayPath(path)} is protected, and would not be ciphertext in the twin`,
    {
      hints: ['git nixsecret status', 'git nixsecret doctor'],
    },
  )
}

/** It was ciphertext, and no attribute says any more that it has to be. */
export function notProtected(path: BytePath): NixsecretError {
  return new NixsecretError(
    'refused',
    `${displayPath(path)} was ciphertext, is plaintext now, and .gitattributes does not protect it here`,
    { hints: ['git nixsecret doctor', 'git diff HEAD -- .gitattributes'] },
  )
}

/** A part of the twin is a symbolic link, which we never make. */
export function isLink(dir: string): NixsecretError {
  const hints = [`rm ${shellWord(displayText(dir))}`]
  return new NixsecretError('refused', `${displayText(dir)} is a symbolic link`, { hints })
}
