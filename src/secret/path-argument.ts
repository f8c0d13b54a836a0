import { realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type BytePath, displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { rawArguments } from '../host/argv.ts'
import type { Workspace } from './workspace.ts'

/**
 * The path in the repository that an argument of the command line means: relative to the user's directory, or
 * absolute. Taken literally, since a shell has expanded its patterns already, and a secret may be called `a*`.
 * @returns `''` for the top of the repository
 * @throws NixsecretError `usage` for a path outside
 */
export function pathArgument(space: Workspace, text: string): BytePath | '' {
  if (text === '') throw new NixsecretError('usage', 'an empty PATH names nothing')
  const bytes = bytesOf(text)
  const from = bytes.startsWith('/') ? belowTop(space, bytes, text) : space.prefix + bytes
  const parts: string[] = []
  for (const part of from.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) throw outside(text)
  }
  return parts.join('/') as BytePath
}

/**
 * Like {@link pathArgument}, for a command that works on one file.
 * @throws NixsecretError `usage` for the top, too
 */
export function filePathArgument(space: Workspace, text: string): BytePath {
  const path = pathArgument(space, text)
  if (path === '') throw new NixsecretError('usage', `${displayText(text)} is a directory; name a file`)
  return path
}

// Node decodes arguments as UTF-8; where that lost bytes, they are looked up.
function bytesOf(text: string): string {
  const raw = text.includes('\ufffd')
    ? rawArguments().find((arg) => arg.toString('utf8') === text)
    : undefined
  return (raw ?? Buffer.from(text, 'utf8')).toString('latin1')
}

/** Below the top; symlinks in the directories that lead to the work tree count as what they point to. */
function belowTop(space: Workspace, bytes: string, text: string): string {
  const top = Buffer.from(space.top, 'utf8').toString('latin1')
  const below = (path: string) =>
    path === top ? '' : path.startsWith(`${top}/`) ? path.slice(top.length) : null
  const plain = below(bytes)
  if (plain !== null) return plain
  try {
    const real = join(realpathSync(dirname(text)), basename(text))
    const found = below(Buffer.from(real, 'utf8').toString('latin1'))
    if (found !== null) return found
  } catch {
    // A directory that is not there is not in the repository either.
  }
  throw outside(text)
}

function outside(text: string): NixsecretError {
  return new NixsecretError('usage', `${displayText(text)} is outside of this repository`)
}
