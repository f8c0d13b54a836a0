import { randomBytes } from 'node:crypto'
import type { Stanza } from '../stanza.ts'

/** What becomes of a message of the plugin: an answer, or the end of the conversation. */
export type Heard<Result> = { readonly answer: Stanza } | { readonly done: Result }

/** Our part in a state machine of a plugin (https://c2sp.org/age-plugin#state-machines); it knows no process. */
export interface Conversation<Result> {
  /** As the plugin is started: `--age-plugin=…`. */
  readonly machine: 'recipient-v1' | 'identity-v1'
  /** All that we say in the first phase. */
  readonly opening: readonly Stanza[]
  /**
   * A message of the second phase, for which the plugin waits for an answer.
   * @throws PluginFault where it breaks the rules, or says at the end that it failed
   */
  hear(message: Stanza): Heard<Result> | Promise<Heard<Result>>
  /** What the plugin said was wrong, before it ended. */
  readonly complaint: string | null
}

/** What is wrong with a plugin, to be put behind its name; what it said itself is escaped. */
export class PluginFault extends Error {}

/** @param body default none */
export function message(args: readonly [string, ...string[]], body: Uint8Array = new Uint8Array(0)): Stanza {
  return { args: [...args], body }
}

export const OK = message(['ok'])

/** A message that means nothing, so that plugins keep to ignoring what they don't know. */
export function grease(): Stanza {
  return message([`grease-${randomBytes(4).toString('hex')}`, '1'], randomBytes(9))
}
