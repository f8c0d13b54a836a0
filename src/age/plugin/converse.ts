import { encodeStanza } from '../stanza-text.ts'
import { type Conversation, PluginFault } from './conversation.ts'
import { StanzaReader } from './stanza-reader.ts'

/** A plugin that was started. */
export interface PluginPipe {
  /** Writes to it; what it no longer reads is lost. */
  send(bytes: Buffer): void
  /** The next bytes of it, null once there are no more. */
  receive(): Promise<Buffer | null>
}

/**
 * Leads a conversation to its end.
 * @throws PluginFault
 */
export async function converse<Result>(
  pipe: PluginPipe,
  conversation: Conversation<Result>,
): Promise<Result> {
  pipe.send(Buffer.from(conversation.opening.map(encodeStanza).join(''), 'latin1'))
  const reader = new StanzaReader()
  for (;;) {
    const heard = reader.next()
    if (typeof heard === 'string') throw new PluginFault(heard)
    if (heard === null) {
      const piece = await pipe.receive()
      if (piece === null) {
        const { complaint } = conversation
        throw new PluginFault(complaint === null ? 'ended before it was done' : `failed: ${complaint}`)
      }
      const fault = reader.push(piece)
      if (fault !== null) throw new PluginFault(fault)
      continue
    }
    const outcome = await conversation.hear(heard)
    if ('done' in outcome) return outcome.done
    pipe.send(Buffer.from(encodeStanza(outcome.answer), 'latin1'))
  }
}
