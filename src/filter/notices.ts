import { type BytePath, displayPath } from '../byte-path.ts'
import type { Outcome } from './smudge.ts'

const SHOWN = 5

/** What a git command's user should hear, once, at its end: of files that did not become plaintext, and that should not be. */
export class Notices {
  readonly #locked = new Set<BytePath>()
  readonly #damaged = new Set<BytePath>()
  readonly #sealedOpen = new Set<BytePath>()

  add(path: BytePath, outcome: Outcome): void {
    if (outcome === 'locked') this.#locked.add(path)
    if (outcome === 'damaged') this.#damaged.add(path)
  }

  /** A file that is to stay ciphertext lies in the work tree as plaintext. */
  addSealedOpen(path: BytePath): void {
    this.#sealedOpen.add(path)
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
    return { messages, hints }
  }
}

function names(paths: ReadonlySet<BytePath>): string {
  const shown = [...paths].slice(0, SHOWN).map(displayPath).join(', ')
  return paths.size > SHOWN ? `${shown} and ${paths.size - SHOWN} more` : shown
}
