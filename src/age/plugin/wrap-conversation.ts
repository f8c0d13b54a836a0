import { displayText } from '../../byte-path.ts'
import type { PluginRecipient } from '../age-recipient.ts'
import type { Stanza } from '../stanza.ts'
import type { PromptAnswerer } from './answer-prompt.ts'
import { type Conversation, grease, type Heard, message, OK, PluginFault } from './conversation.ts'

/** What a plugin made of a file key. */
export interface PluginWrapped {
  /** One at least. */
  readonly stanzas: readonly Stanza[]
  /** A set; all recipients of a file must have the same. */
  readonly labels: readonly string[]
}

/** Types that belong to keys which need no plugin, to passphrases and to ourselves: by them others tell whom a file is for. */
const TAKEN = /^(X25519|mlkem768x25519|ssh-ed25519|ssh-rsa|scrypt|git-nixsecret\/.*)$/

/** `recipient-v1`: one file key for one recipient, as the age program does it. */
export class WrapConversation implements Conversation<PluginWrapped> {
  readonly machine = 'recipient-v1'
  readonly opening: readonly Stanza[]
  readonly #prompts: PromptAnswerer
  readonly #stanzas: Stanza[] = []
  #labels: readonly string[] | null = null
  complaint: string | null = null

  constructor(
    { canonical }: Pick<PluginRecipient, 'canonical'>,
    fileKey: Uint8Array,
    prompts: PromptAnswerer,
  ) {
    this.#prompts = prompts
    this.opening = [
      message(['add-recipient', canonical]),
      grease(),
      message(['wrap-file-key'], fileKey),
      message(['extension-labels']),
      message(['done']),
    ]
  }

  async hear(heard: Stanza): Promise<Heard<PluginWrapped>> {
    const [command, ...args] = heard.args
    if (command === 'done') return { done: this.#result() }
    if (command === 'recipient-stanza') this.#take(args, heard.body)
    else if (command === 'labels') this.#label(args)
    else if (command === 'error') this.complaint ??= complaintOf(heard)
    else return { answer: (await this.#prompts.answer(heard)) ?? message(['unsupported']) }
    return { answer: OK }
  }

  #take([index, ...args]: string[], body: Uint8Array): void {
    // One file key was sent.
    if (index !== '0' || args.length === 0) throw new PluginFault('sent a malformed recipient stanza')
    if (TAKEN.test(args[0] as string))
      throw new PluginFault(
        `sent a stanza of a type that is not a plugin's: ${displayText(args[0] as string)}`,
      )
    this.#stanzas.push({ args, body })
  }

  #label(labels: readonly string[]): void {
    if (this.#labels !== null || new Set(labels).size < labels.length)
      throw new PluginFault('sent its labels twice')
    this.#labels = labels
  }

  #result(): PluginWrapped {
    if (this.complaint !== null) throw new PluginFault(`failed: ${this.complaint}`)
    if (this.#stanzas.every(({ args }) => /-grease$/.test(args[0] as string)))
      throw new PluginFault('sent no recipient stanza')
    return { stanzas: this.#stanzas, labels: this.#labels ?? [] }
  }
}

/** What an `error` says, escaped. */
export function complaintOf({ body }: Stanza): string {
  const text = Buffer.from(body).toString('utf8').trim().replace(/\s+/g, ' ').slice(0, 500)
  return displayText(text === '' ? 'it does not say why' : text)
}
