import { realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join, relative } from 'node:path'

/** Where a reference leads, if it leads to this work tree. */
export interface Here {
  /** The directory as it was written; `.` and what means the same is the one that a command runs in. */
  readonly directory: string
  /** What follows it: `#attribute`, or nothing. */
  readonly attribute: string
}

/** Knows this work tree by the names that people give it. */
export class ThisTree {
  readonly top: string
  readonly #real: string

  /** @param top the absolute path of the work tree */
  constructor(top: string) {
    this.top = top
    this.#real = realOf(top) ?? top
  }

  /**
   * Whether a flake reference is this work tree as it lies.
   * @param reference as a shell or Nix has it: quotes taken off, variables not replaced; untrusted
   * @param cwd what `.` means, below the top; null where nobody can tell
   * @returns null for anything else, and for what can't be told: a variable, a name of the registry, another place
   */
  leads(reference: string, cwd: string | null): Here | null {
    const at = reference.indexOf('#')
    const [bare, attribute] = at === -1 ? [reference, ''] : [reference.slice(0, at), reference.slice(at)]
    const written = bare.replace(/\?.*$/s, '').replace(/^(?:git\+file|path):(?:\/\/(?=\/))?/, '')
    const directory = withoutVariables(written === '' ? '.' : written)
    if (directory === null) return null
    if (isAbsolute(directory)) return this.holds(directory) ? { directory: written, attribute } : null
    if (cwd === null || !/^\.{1,2}(\/|$)/.test(directory)) return null
    return this.holds(join(this.top, cwd, directory)) ? { directory: plain(directory), attribute } : null
  }

  /** Whether a path, symlinks followed, is the top of this work tree or below it. */
  holds(path: string): boolean {
    const real = realOf(path)
    if (real === null) return false
    const below = relative(this.#real, real)
    return below === '' || (!isAbsolute(below) && below.split('/')[0] !== '..')
  }
}

function plain(directory: string): string {
  return /^(\.\/)*\.?$/.test(directory) ? '.' : directory
}

/** The home and the current directory are as good as written out; any other variable may be anything. */
function withoutVariables(text: string): string | null {
  const plainText = text
    .replace(/^(?:~|\$HOME|\$\{HOME\}|\$\{config\.home\.homeDirectory\})(?=\/|$)/, () => homedir())
    .replace(/^(?:\$PWD|\$\{PWD\}|\$\(pwd\)|`pwd`)(?=\/|$)/, '.')
  return /[$`~{}*]/.test(plainText) ? null : plainText
}

function realOf(path: string): string | null {
  try {
    return realpathSync(path)
  } catch {
    return null
  }
}
