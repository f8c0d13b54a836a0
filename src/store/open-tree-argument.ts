import { existsSync, realpathSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'

/**
 * Where an argument leads if it gives Nix the work tree as it lies, plaintext and all: a flake reference or a directory
 * with Nix code, a `.nix` file, alone or behind `NAME=`.
 * @param cwd where the command runs
 * @param top of the work tree
 * @param gitDir what is below it is the twin, or no work tree
 * @returns the real path; null for everything else
 */
export function openTreeArgument(argument: string, cwd: string, top: string, gitDir: string): string | null {
  const [, scheme, written = ''] =
    /^(?:[\w-]+=)?((?:path|git\+file):(?:\/\/)?)?([^#?]+)(?:[#?].*)?$/s.exec(argument) ?? []
  // Any other word may be the name of an attribute.
  if (scheme === undefined && !/^[/.]|\.nix$/.test(written)) return null
  const real = realOf(resolve(cwd, scheme === undefined ? written : decoded(written)))
  if (real === null || !isBelow(real, realOf(top)) || isBelow(real, realOf(gitDir))) return null
  if (!statSync(real).isDirectory()) return real.endsWith('.nix') ? real : null
  const hasCode = ['flake.nix', 'default.nix', 'shell.nix'].some((name) => existsSync(join(real, name)))
  return hasCode || scheme !== undefined || argument.includes('#') ? real : null
}

function isBelow(path: string, dir: string | null): boolean {
  return dir !== null && (path === dir || path.startsWith(`${dir}/`))
}

function realOf(path: string): string | null {
  try {
    return realpathSync(path)
  } catch {
    return null
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
