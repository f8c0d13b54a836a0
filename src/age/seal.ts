import { randomBytes } from 'node:crypto'
import { FILE_KEY_SIZE } from './file-key.ts'
import { encodeHeader } from './header.ts'
import { PayloadSealer } from './payload.ts'
import { type AgeRecipient, checkRecipients } from './recipient.ts'
import type { Stanza } from './stanza.ts'

/** All of an age file that does not depend on its content. For one file only. */
export interface PreparedHeader {
  readonly fileKey: Buffer
  readonly bytes: Buffer
}

/**
 * A header with a new file key; a promise only where a post-quantum key is among the recipients.
 * @param extra stanzas that are no recipients, written last
 * @throws NixsecretError `recipient` for no recipients, and for post-quantum ones mixed with others
 */
export function prepareHeader(
  recipients: readonly AgeRecipient[],
  extra: readonly Stanza[] = [],
): PreparedHeader | Promise<PreparedHeader> {
  checkRecipients(recipients)
  const fileKey = randomBytes(FILE_KEY_SIZE)
  const prepared = (stanzas: readonly Stanza[]): PreparedHeader => ({
    fileKey,
    bytes: encodeHeader([...stanzas, ...extra], fileKey),
  })
  const wrapped = recipients.map((recipient) => recipient.wrap(fileKey))
  return wrapped.every((stanza): stanza is Stanza => !(stanza instanceof Promise))
    ? prepared(wrapped)
    : Promise.all(wrapped).then(prepared)
}

/** A whole age file in one buffer. */
export function sealBytes(prepared: PreparedHeader, plaintext: Uint8Array): Buffer {
  const sealer = new PayloadSealer(prepared.fileKey)
  return Buffer.concat([prepared.bytes, ...sealer.update(plaintext), ...sealer.final()])
}
