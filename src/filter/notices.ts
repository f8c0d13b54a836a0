import { type BytePath, displayPath } from '../byte-path.ts'
import type { Outcome } from './smudge.ts'

const SHOWN = 5

/** What a git command's user should hear about files that did not become plaintext: once, at its end. */
export class Notices {
  readonly #paths: Record<'locked' | 'damaged', Set<BytePath>> = { locked: new Set(), damaged: new Set() }

  add(path: BytePath, outcome: Outcome): void {
    if (outcome === 'locked' || outcome === 'damaged') this.#paths[outcome].add(path)
  }

  /**
   * Lines to print, and a command to find out more. Empty where all went well.
   * @param underPassphrase whether a key is there that could not be asked for its passphrase
   */
  lines(underPassphrase: boolean): { messages: string[]; hints: string[] } {
    const { locked, damaged } = this.#paths
    const messages = []
    const why = underPassphrase ? 'no key here opens, without its passphrase,' : 'no key here opens'
    if (locked.size > 0) messages.push(`${why} ${names(locked)}: left locked (as ciphertext)`)
    if (damaged.size > 0) messages.push(`damaged, left as it is in git: ${names(damaged)}`)
    const hint = underPassphrase && locked.size > 0 ? 'git nixsecret unlock' : 'git nixsecret status'
    return { messages, hints: messages.length > 0 ? [hint] : [] }
  }
}

function names(paths: ReadonlySet<BytePath>): string {
  const shown = [...paths].slice(0, SHOWN).map(displayPath).join(', ')
  return paths.size > SHOWN ? `${shown} and ${paths.size - SHOWN} more` : shown
}
