import { type BytePath, displayPath } from '../byte-path.ts'
import { shownName } from '../policy/shown-name.ts'
import type { Outcome } from './smudge.ts'

const SHOWN = 5

/** What a git command's user should hear, once, at its end: of files that did not become plaintext, and that should not be. */
export class Notices {
  readonly #locked = new Set<BytePath>()
  readonly #damaged = new Set<BytePath>()
  readonly #sealedOpen = new Set<BytePath>()
  readonly #narrowed = new Set<BytePath>()
  readonly #leftOut = new Set<string>()

  add(path: BytePath, outcome: Outcome): void {
    if (outcome === 'locked') this.#locked.add(path)
    if (outcome === 'damaged') this.#damaged.add(path)
  }

  /** A file that is to stay ciphertext lies in the work tree as plaintext. */
  addSealedOpen(path: BytePath): void {
    this.#sealedOpen.add(path)
  }

  /** A changed file was encrypted without some whom the policy names: they are not accepted. */
  addLeftOut(path: BytePath, names: readonly string[]): void {
    this.#narrowed.add(path)
    for (const name of names) this.#leftOut.add(name)
  }

  /** Whether a file did not become plaintext that might have. */
  get missed(): boolean {
    return this.#locked.size + this.#damaged.size > 0
  }

  /**
   * Lines to print, and a command to find out more. Empty where all went well.
   * @param underPassphrase whether a key is there that could not be asked for its passphrase
   * @param unanswered whether the plugin of a key asked for something in vain
   */
  lines(underPassphrase: boolean, unanswered = false): { messages: string[]; hints: string[] } {
    const [locked, damaged, sealedOpen] = [this.#locked, this.#damaged, this.#sealedOpen]
    const messages = []
    const hints = []
    const why = underPassphrase ? 'no key here opens, without its passphrase,' : 'no key here opens'
    if (locked.size > 0) messages.push(`${why} ${names(locked)}: left locked (as ciphertext)`)
    if (damaged.size > 0) messages.push(`damaged, left as it is in git: ${names(damaged)}`)
    const hint =
      (underPassphrase || unanswered) && locked.size > 0 ? 'git nixsecret unlock' : 'git nixsecret status'
    if (this.missed) hints.push(hint)
    if (sealedOpen.size > 0) {
      messages.push(`still plaintext in the work tree, though to stay ciphertext there: ${names(sealedOpen)}`)
      hints.push('git nixsecret status    # says how to seal them')
    }
    if (this.#narrowed.size > 0) {
      const who = listed(this.#leftOut, shownName)
      messages.push(
        `${names(this.#narrowed)}: not encrypted for ${who}: you have not accepted that they may read it`,
      )
      hints.push('git nixsecret trust')
    }
    return { messages, hints }
  }
}

function names(paths: ReadonlySet<BytePath>): string {
  return listed(paths, displayPath)
}

function listed<Item>(items: ReadonlySet<Item>, show: (item: Item) => string): string {
  const shown = [...items].slice(0, SHOWN).map(show).join(', ')
  return items.size > SHOWN ? `${shown} and ${items.size - SHOWN} more` : shown
}
