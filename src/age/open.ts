import { NixsecretError } from '../errors.ts'
import { FILE_KEY_SIZE } from './file-key.ts'
import { type Header, headerMacFits, parseHeader } from './header.ts'
import type { AgeIdentity } from './identity.ts'
import { PayloadOpener } from './payload.ts'

/**
 * The file key, by the first identity that opens a stanza; those that would ask for a passphrase are tried last.
 * @returns null where none does
 * @throws NixsecretError `format` where a stanza is broken, or the MAC does not fit the header
 */
export async function unwrapFileKey(
  header: Header,
  identities: readonly AgeIdentity[],
): Promise<Buffer | null> {
  // A passphrase authenticates, so it must be the only way in (https://c2sp.org/age#scrypt-recipient-stanza).
  if (header.stanzas.length > 1 && header.stanzas.some(({ args }) => args[0] === 'scrypt'))
    throw new NixsecretError('format', 'age header: scrypt stanza beside others')
  const silent = identities.filter((identity) => !identity.mayAsk)
  const asking = identities.filter((identity) => identity.mayAsk)
  for (const identity of [...silent, ...asking]) {
    const answer = identity.unwrap(header.stanzas)
    const fileKey = answer instanceof Promise ? await answer : answer
    if (fileKey === null) continue
    if (fileKey.length !== FILE_KEY_SIZE || !headerMacFits(header, fileKey))
      throw new NixsecretError('format', 'age header: altered (its MAC does not fit)')
    return Buffer.from(fileKey)
  }
  return null
}

/**
 * Opens a whole binary age file.
 * @returns the plaintext, or null where no identity fits
 * @throws NixsecretError `format` where the file is damaged
 */
export async function openBytes(
  file: Uint8Array,
  identities: readonly AgeIdentity[],
): Promise<Buffer | null> {
  const header = parseHeader(file, true) as Header
  const fileKey = await unwrapFileKey(header, identities)
  if (fileKey === null) return null
  const opener = new PayloadOpener(fileKey)
  const plain = [...opener.update(file.subarray(header.length)), ...opener.final()]
  return plain.length === 1 ? (plain[0] as Buffer) : Buffer.concat(plain)
}
