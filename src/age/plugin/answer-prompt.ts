import type { AskPassphrase } from '../ask-passphrase.ts'
import { decodeBase64 } from '../base64.ts'
import type { Stanza } from '../stanza.ts'
import { message, OK, PluginFault } from './conversation.ts'

/** Characters of a text of the plugin that are shown. */
const MAX_SHOWN = 2000
const CONFIRM_ATTEMPTS = 3
const FAIL = message(['fail'])

/**
 * Puts a plugin's questions to the person at the terminal. Whatever can't be asked is answered with `fail`, and what to
 * make of that is for the plugin to decide.
 */
export class PromptAnswerer {
  /** Whose questions these are. */
  readonly program: string
  readonly #ask: AskPassphrase | null
  /** Whether there was a question that nobody could be asked. */
  missed = false

  /** @param ask null where nobody may be asked */
  constructor(program: string, ask: AskPassphrase | null) {
    this.program = program
    this.#ask = ask
  }

  /** @returns null where the message is none of these */
  async answer(asked: Stanza): Promise<Stanza | null> {
    switch (asked.args[0]) {
      case 'msg':
        return (await this.#say(asked.body)) === null ? FAIL : OK
      case 'request-secret':
        return this.#value(asked.body, 'secret')
      case 'request-public':
        return this.#value(asked.body, 'public')
      case 'confirm':
        return this.#confirm(asked)
      default:
        return null
    }
  }

  async #say(text: Uint8Array): Promise<string | null> {
    return (await this.#ask?.(this.#shown(text), 'message')) ?? null
  }

  async #value(text: Uint8Array, kind: 'secret' | 'public'): Promise<Stanza> {
    const value = (await this.#ask?.(this.#shown(text), kind)) ?? null
    this.missed ||= value === null
    return value === null ? FAIL : message(['ok'], Buffer.from(value, 'utf8'))
  }

  async #confirm({ args, body }: Stanza): Promise<Stanza> {
    const options = args.slice(1).map(decodeBase64)
    if (options.length < 1 || options.length > 2 || options.includes(null))
      throw new PluginFault('sent a malformed question')
    const [yes, no] = (options as Buffer[]).map((option) => plain(option, 100))
    const choice = no === undefined ? `Enter: ${yes}` : `1: ${yes}, 2: ${no}`
    for (let i = 0; i < CONFIRM_ATTEMPTS; i++) {
      const answer = (await this.#ask?.(`${this.#shown(body)} (${choice})`, 'public')) ?? null
      if (answer === null) break
      if (no === undefined || answer.trim() === '1') return message(['ok', 'yes'])
      if (answer.trim() === '2') return message(['ok', 'no'])
    }
    this.missed = true
    return FAIL
  }

  #shown(text: Uint8Array): string {
    return `${this.program}: ${plain(text, MAX_SHOWN).replace(/[:.]$/, '')}`
  }
}

/** A text of the plugin as one line that cannot steer a terminal. */
function plain(text: Uint8Array, most: number): string {
  const line = Buffer.from(text).toString('utf8').trim().replace(/\s+/g, ' ')
  return line.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?').slice(0, most)
}
