import { FILE_KEY_SIZE } from '../file-key.ts'
import type { Stanza } from '../stanza.ts'
import type { PromptAnswerer } from './answer-prompt.ts'
import { type Conversation, grease, type Heard, message, OK, PluginFault } from './conversation.ts'
import type { PluginKey } from './plugin-identity.ts'
import { complaintOf } from './wrap-conversation.ts'

/** `identity-v1`: all stanzas of one file for one identity; its result is the file key, null where none was opened. */
export class UnwrapConversation implements Conversation<Uint8Array | null> {
  readonly machine = 'identity-v1'
  readonly opening: readonly Stanza[]
  readonly #prompts: PromptAnswerer
  #fileKey: Uint8Array | null = null
  complaint: string | null = null

  constructor(
    { identity }: Pick<PluginKey, 'identity'>,
    stanzas: readonly Stanza[],
    prompts: PromptAnswerer,
  ) {
    this.#prompts = prompts
    this.opening = [
      message(['add-identity', identity]),
      grease(),
      ...stanzas.map(({ args, body }) => message(['recipient-stanza', '0', ...args], body)),
      message(['done']),
    ]
  }

  async hear(heard: Stanza): Promise<Heard<Uint8Array | null>> {
    const [command, ...args] = heard.args
    if (command === 'done') return { done: this.#result() }
    if (command === 'file-key') this.#take(args, heard.body)
    else if (command === 'error') this.complaint ??= complaintOf(heard)
    else return { answer: (await this.#prompts.answer(heard)) ?? message(['unsupported']) }
    return { answer: OK }
  }

  #take(args: readonly string[], body: Uint8Array): void {
    // There is one file.
    if (args.length !== 1 || args[0] !== '0' || body.length !== FILE_KEY_SIZE)
      throw new PluginFault('sent a malformed file key')
    if (this.#fileKey !== null) throw new PluginFault('sent two file keys')
    this.#fileKey = body
  }

  #result(): Uint8Array | null {
    if (this.#fileKey === null && this.complaint !== null) throw new PluginFault(`failed: ${this.complaint}`)
    return this.#fileKey
  }
}
