import type { PlainValue, Scope, Thunk } from './plain-value.ts'

/** Names in scope. What `let` and functions bind goes before what `with` brings, as in Nix. */
export class Env implements Scope {
  readonly #parent: Env | null
  readonly #names: ReadonlyMap<string, Thunk>
  readonly #isWith: (() => PlainValue) | null

  private constructor(
    parent: Env | null,
    names: ReadonlyMap<string, Thunk>,
    isWith: (() => PlainValue) | null,
  ) {
    this.#parent = parent
    this.#names = names
    this.#isWith = isWith
  }

  /** @param names what every file may use */
  static top(names: ReadonlyMap<string, Thunk>): Env {
    return new Env(null, names, null)
  }

  binding(names: ReadonlyMap<string, Thunk>): Env {
    return new Env(this, names, null)
  }

  with(subject: () => PlainValue): Env {
    return new Env(this, new Map(), subject)
  }

  find(name: string): Thunk | null {
    for (let env: Env | null = this; env !== null; env = env.#parent) {
      const found = env.#names.get(name)
      if (found !== undefined) return found
    }
    for (let env: Env | null = this; env !== null; env = env.#parent) {
      const value = env.#isWith?.()
      const found = value?.kind === 'attrs' ? value.attrs.get(name) : undefined
      if (found !== undefined) return found
    }
    return null
  }
}
