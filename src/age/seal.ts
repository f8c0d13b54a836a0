import { randomBytes } from 'node:crypto'
import { NixsecretError } from '../errors.ts'
import type { PluginRecipient } from './age-recipient.ts'
import { FILE_KEY_SIZE } from './file-key.ts'
import { encodeHeader } from './header.ts'
import { PayloadSealer } from './payload.ts'
import type { PluginWrapped } from './plugin/wrap-conversation.ts'
import { type AgeRecipient, checkRecipients } from './recipient.ts'
import type { Stanza } from './stanza.ts'

/** All of an age file that does not depend on its content. For one file only. */
export interface PreparedHeader {
  readonly fileKey: Buffer
  readonly bytes: Buffer
}

/**
 * Has a plugin wrap a file key.
 * @throws NixsecretError `missing` where the plugin is not there, `recipient` where it fails
 */
export type WrapByPlugin = (recipient: PluginRecipient, fileKey: Uint8Array) => Promise<PluginWrapped>

/**
 * A header with a new file key; a promise only where a plugin's or a post-quantum key is among the recipients.
 * @param extra stanzas that are no recipients, written last
 * @param byPlugin default: such keys are refused
 * @throws NixsecretError `recipient` for no recipients, and for ones that may not be mixed
 */
export function prepareHeader(
  recipients: readonly AgeRecipient[],
  extra: readonly Stanza[] = [],
  byPlugin?: WrapByPlugin,
): PreparedHeader | Promise<PreparedHeader> {
  checkRecipients(recipients)
  const fileKey = randomBytes(FILE_KEY_SIZE)
  const prepared = (stanzas: readonly Stanza[]): PreparedHeader => ({
    fileKey,
    bytes: encodeHeader([...stanzas, ...extra], fileKey),
  })
  const wrapped = recipients.map((recipient) =>
    recipient.type === 'plugin' ? throughPlugin(recipient, fileKey, byPlugin) : recipient.wrap(fileKey),
  )
  if (wrapped.every((stanza): stanza is Stanza => !(stanza instanceof Promise) && 'args' in stanza))
    return prepared(wrapped)
  return Promise.all(wrapped).then((all) => {
    checkLabels(recipients, all)
    return prepared(all.flatMap((one) => ('args' in one ? [one] : one.stanzas)))
  })
}

function throughPlugin(
  recipient: PluginRecipient,
  fileKey: Uint8Array,
  byPlugin: WrapByPlugin | undefined,
): Promise<PluginWrapped> {
  if (byPlugin !== undefined) return byPlugin(recipient, fileKey)
  throw new NixsecretError(
    'recipient',
    `nothing can be encrypted to keys of the plugin ${recipient.name} here`,
  )
}

/** Recipients whose plugins want to stand apart, by labels, must: all have the same set, and plain keys have none. */
function checkLabels(
  recipients: readonly AgeRecipient[],
  wrapped: readonly (Stanza | PluginWrapped)[],
): void {
  const sets = wrapped.map((one, i) => {
    const native = recipients[i]?.postQuantum === true ? ['postquantum'] : []
    return JSON.stringify('args' in one ? native : [...one.labels].sort())
  })
  const odd = sets.findIndex((set) => set !== sets[0])
  if (odd === -1) return
  const names = recipients.flatMap(({ type, ...rest }) =>
    type === 'plugin' && 'name' in rest ? [rest.name] : [],
  )
  throw new NixsecretError(
    'recipient',
    `keys of the plugin ${[...new Set(names)].join(', ')} may not be mixed with the others here: the plugin says so`,
  )
}

/** A whole age file in one buffer. */
export function sealBytes(prepared: PreparedHeader, plaintext: Uint8Array): Buffer {
  const sealer = new PayloadSealer(prepared.fileKey)
  return Buffer.concat([prepared.bytes, ...sealer.update(plaintext), ...sealer.final()])
}
