import type { PluginRecipient } from '../age/age-recipient.ts'
import type { AskPassphrase } from '../age/ask-passphrase.ts'
import { PromptAnswerer } from '../age/plugin/answer-prompt.ts'
import { type Conversation, PluginFault } from '../age/plugin/conversation.ts'
import { converse } from '../age/plugin/converse.ts'
import type { PluginKey } from '../age/plugin/plugin-identity.ts'
import { pluginProgram } from '../age/plugin/plugin-key.ts'
import { UnwrapConversation } from '../age/plugin/unwrap-conversation.ts'
import { type PluginWrapped, WrapConversation } from '../age/plugin/wrap-conversation.ts'
import type { Stanza } from '../age/stanza.ts'
import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { canAsk } from '../host/ask-passphrase.ts'
import { findProgram } from '../host/find-program.ts'
import { startPlugin } from '../host/plugin-process.ts'

/** Milliseconds for a plugin, where nobody is there who could touch a key, or stop it. */
const ALONE = 20_000
/** Milliseconds until the user hears what we wait for. */
const QUIET = 5000

/** Plugins that let us wait in vain: they are not started for every other file, too. */
const stuck = new Set<string>()
let queue: Promise<unknown> = Promise.resolve()

/** One after the other: they may need the same piece of hardware, and the same person. */
function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  const result = queue.then(work)
  queue = result.catch(() => {})
  return result
}

/** See `WrapByPlugin`. */
export async function wrapByPlugin(
  recipient: PluginRecipient,
  fileKey: Uint8Array,
  ask: AskPassphrase | null,
): Promise<PluginWrapped> {
  const prompts = new PromptAnswerer(pluginProgram(recipient.name), ask)
  const run = new Run(prompts, ask, `to encrypt to ${short(recipient.canonical)}`, 'set PATH < FILE')
  return inTurn(() => run.talk(new WrapConversation(recipient, fileKey, prompts), 'recipient'))
}

/** See `UnwrapByPlugin`. */
export async function unwrapByPlugin(
  key: PluginKey,
  stanzas: readonly Stanza[],
  ask: AskPassphrase,
): Promise<Uint8Array | null> {
  const prompts = new PromptAnswerer(pluginProgram(key.name), ask)
  const run = new Run(prompts, ask, `for the key in ${key.description}`, 'unlock')
  const fileKey = await inTurn(() => run.talk(new UnwrapConversation(key, stanzas, prompts), 'identity'))
  if (fileKey === null && prompts.missed) throw run.fault('passphrase', 'opened nothing')
  return fileKey
}

/** One run of a plugin. */
class Run {
  readonly #program: string
  readonly #ask: AskPassphrase | null
  readonly #prompts: PromptAnswerer
  readonly #why: string
  readonly #again: string

  /**
   * @param why for people: what it is started for
   * @param again the command of ours that does it where questions can be answered
   */
  constructor(prompts: PromptAnswerer, ask: AskPassphrase | null, why: string, again: string) {
    this.#program = prompts.program
    this.#ask = ask
    this.#prompts = prompts
    this.#why = why
    this.#again = again
  }

  async talk<Result>(conversation: Conversation<Result>, code: 'recipient' | 'identity'): Promise<Result> {
    const file = findProgram(this.#program)
    if (file === null)
      throw new NixsecretError('missing', `${this.#program} is not on PATH: it is needed ${this.#why}`, {
        hints: [`command -v ${this.#program}    # install that plugin of age`],
      })
    const alone = this.#ask === null || !canAsk()
    if (alone && stuck.has(this.#program)) throw this.fault(code, 'did not end before, and is left alone now')
    const process = startPlugin(file, `--age-plugin=${conversation.machine}`, alone ? ALONE : null)
    const patience = setTimeout(() => this.#ask?.(`waiting for ${this.#program}`, 'message'), QUIET)
    try {
      return await converse(process, conversation)
    } catch (fault) {
      if (!(fault instanceof PluginFault)) throw fault
      if (process.timedOut) {
        stuck.add(this.#program)
        throw this.fault(
          code,
          `did not end within ${ALONE / 1000} seconds, and there is no terminal to ask on`,
        )
      }
      const words = process.lastWords()
      const said =
        conversation.complaint !== null || words === '' ? '' : ` (${displayText(words.slice(0, 200))})`
      throw this.fault(this.#prompts.missed ? 'passphrase' : code, `${fault.message}${said}`)
    } finally {
      clearTimeout(patience)
      await process.stop()
    }
  }

  fault(code: 'recipient' | 'identity' | 'passphrase', what: string): NixsecretError {
    const text = `${this.#program}, needed ${this.#why}, ${what}`
    if (!this.#prompts.missed) return new NixsecretError(code, text)
    // While git encrypts, as for "git status", nothing is ever asked.
    return this.#ask === null
      ? new NixsecretError(code, `${text}; it asks for something, which is not done while git encrypts`, {
          hints: ['git nixsecret edit PATH    # or set: these ask'],
        })
      : new NixsecretError(code, `${text}; it asked for something, and got no answer`, {
          hints: [`git nixsecret ${this.#again}    # in a terminal`],
        })
  }
}

/** The end tells keys of a plugin apart, the beginning is the same for all. */
function short(key: string): string {
  return key.length <= 40 ? key : `${key.slice(0, 20)}…${key.slice(-12)}`
}
