import type { Audit } from '../../store/audit/audit-store.ts'
import type { Found } from '../../store/audit/found.ts'

/** Paths as they may be printed: a name that holds a secret is not told. */
export class ShownPaths {
  readonly #hidden: ReadonlySet<string>

  constructor({ leaks, allowed }: Pick<Audit, 'leaks' | 'allowed'>) {
    const named = ({ in: where }: Found) => where === 'name'
    const files = [...leaks, ...allowed].flatMap((leak) => leak.files)
    this.#hidden = new Set(files.filter(named).map(({ path }) => path))
  }

  /** Whether a part of the path may not be told. */
  isHidden(path: string): boolean {
    return this.of(path) !== path
  }

  /**
   * The path, with `*` for each part that holds a secret; of a store path (or log) the hash before it stays, so that a
   * shell finds it.
   * @param path absolute, one character a byte
   */
  of(path: string): string {
    if (this.#hidden.size === 0) return path
    let whole = ''
    let shown = ''
    for (const part of path.split('/').slice(1)) {
      whole += `/${part}`
      const hash = /^[0-9a-z]{30,32}-/.exec(part)?.[0] ?? ''
      shown += this.#hidden.has(whole) ? `/${hash}*` : `/${part}`
    }
    return shown
  }
}
