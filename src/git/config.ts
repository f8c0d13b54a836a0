import type { SimpleGit } from 'simple-git'
import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { simpleGitIn } from './simple.ts'

/** Which of git's configuration files: the repository's own, the user's, or all that count here, read only. */
export type ConfigScope = 'local' | 'global' | 'effective'

/** Git's configuration, read once and kept in step with what is set through it. */
export class GitConfig {
  readonly #git: SimpleGit
  readonly #values: Map<string, string[]>
  readonly scope: ConfigScope

  private constructor(git: SimpleGit, scope: ConfigScope, values: Map<string, string[]>) {
    this.#git = git
    this.#values = values
    this.scope = scope
  }

  /** Reads the configuration as git sees it from a directory. */
  static async read(cwd: string, scope: ConfigScope): Promise<GitConfig> {
    const git = await simpleGitIn(cwd)
    const where = scope === 'effective' ? [] : [`--${scope}`]
    // A user who has no ~/.gitconfig yet makes git fail here: that is an empty one.
    const text = await git.raw(['config', ...where, '-z', '--list']).catch(() => '')
    const values = new Map<string, string[]>()
    for (const entry of text.split('\0').slice(0, -1)) {
      const end = entry.indexOf('\n')
      // A key without `=` counts as true, see https://git-scm.com/docs/git-config#_syntax
      const [key, value] = end === -1 ? [entry, 'true'] : [entry.slice(0, end), entry.slice(end + 1)]
      values.set(key, [...(values.get(key) ?? []), value])
    }
    return new GitConfig(git, scope, values)
  }

  /**
   * Every value of a key, the one that counts last.
   * @param key section and name in lower case, as git prints them
   */
  all(key: string): readonly string[] {
    return this.#values.get(key) ?? []
  }

  /** The value that counts, or null. */
  get(key: string): string | null {
    return this.all(key).at(-1) ?? null
  }

  /** Keys that begin so. */
  keys(prefix: string): string[] {
    return [...this.#values.keys()].filter((key) => key.startsWith(prefix))
  }

  /** Makes a key have this one value. */
  async set(key: string, value: string): Promise<void> {
    await this.#change(key, ['--replace-all', key, value])
    this.#values.set(key, [value])
  }

  /** Gives a key one more value. */
  async add(key: string, value: string): Promise<void> {
    await this.#change(key, ['--add', key, value])
    this.#values.set(key, [...this.all(key), value])
  }

  /** Takes one value of a key out, and leaves its others. */
  async remove(key: string, value: string): Promise<void> {
    if (!this.all(key).includes(value)) return
    await this.#change(key, ['--fixed-value', '--unset-all', key, value])
    const left = this.all(key).filter((other) => other !== value)
    if (left.length > 0) this.#values.set(key, left)
    else this.#values.delete(key)
  }

  /** Takes a key out, and its section where it was the last one in it. */
  async unset(key: string): Promise<void> {
    if (!this.#values.has(key)) return
    await this.#change(key, ['--unset-all', key])
    this.#values.delete(key)
  }

  async #change(key: string, args: string[]): Promise<void> {
    try {
      await this.#git.raw(['config', `--${this.scope}`, ...args])
    } catch (cause) {
      const line = (cause as Error).message.split('\n').find((text) => text.trim() !== '') ?? ''
      throw new NixsecretError('git', `cannot change git's configuration ${key}: ${displayText(line)}`, {
        cause,
      })
    }
  }
}

/** Whether two values of a key mean the same to git: equal, or the same boolean. */
export function sameConfigValue(a: string, b: string): boolean {
  return a === b || (booleanOf(a) !== null && booleanOf(a) === booleanOf(b))
}

function booleanOf(value: string): boolean | null {
  if (/^(true|yes|on|1)$/i.test(value)) return true
  return /^(false|no|off|0|)$/i.test(value) ? false : null
}
