import { NixsecretError } from '../errors.ts'
import { FILE_KEY_SIZE } from './file-key.ts'
import { type Header, headerMacFits, parseHeader } from './header.ts'
import type { AgeIdentity } from './identity.ts'
import { PayloadOpener } from './payload.ts'

/** Hears of an identity that failed for its own sake: a passphrase-protected file that is damaged, say. */
export type IdentityFault = (fault: unknown, identity: AgeIdentity) => void

/**
 * The file key, by the first identity that opens a stanza; those that would ask for a passphrase are tried last.
 * An identity that fails opens nothing, and keeps no other one from opening.
 * @param onFault may throw, to end the search
 * @returns null where none does
 * @throws NixsecretError `format` where no identity opens it and a stanza is broken, or the MAC does not fit the header
 */
export async function unwrapFileKey(
  header: Header,
  identities: readonly AgeIdentity[],
  onFault: IdentityFault = () => {},
): Promise<Buffer | null> {
  // A passphrase authenticates, so it must be the only way in (https://c2sp.org/age#scrypt-recipient-stanza).
  if (header.stanzas.length > 1 && header.stanzas.some(({ args }) => args[0] === 'scrypt'))
    throw new NixsecretError('format', 'age header: scrypt stanza beside others')
  const silent = identities.filter((identity) => !identity.mayAsk)
  const asking = identities.filter((identity) => identity.mayAsk)
  let broken: NixsecretError | null = null
  for (const identity of asking.length === 0 ? silent : [...silent, ...asking]) {
    let fileKey: Uint8Array | null = null
    try {
      const answer = identity.unwrap(header.stanzas)
      fileKey = answer instanceof Promise ? await answer : answer
    } catch (fault) {
      if (fault instanceof NixsecretError && fault.code === 'format') broken ??= fault
      else onFault(fault, identity)
    }
    if (fileKey === null) continue
    if (fileKey.length !== FILE_KEY_SIZE || !headerMacFits(header, fileKey))
      throw new NixsecretError('format', 'age header: altered (its MAC does not fit)')
    return Buffer.from(fileKey)
  }
  if (broken !== null) throw broken
  return null
}

/**
 * Opens a whole binary age file.
 * @param known its header, where it was parsed already
 * @param onFault see {@link unwrapFileKey}
 * @returns the plaintext, or null where no identity fits
 * @throws NixsecretError `format` where the file is damaged
 */
export async function openBytes(
  file: Uint8Array,
  identities: readonly AgeIdentity[],
  known: Header | null = null,
  onFault?: IdentityFault,
): Promise<Buffer | null> {
  const header = known ?? (parseHeader(file, true) as Header)
  const fileKey = await unwrapFileKey(header, identities, onFault)
  if (fileKey === null) return null
  const opener = new PayloadOpener(fileKey)
  const plain = [...opener.update(file.subarray(header.length)), ...opener.final()]
  return plain.length === 1 ? (plain[0] as Buffer) : Buffer.concat(plain)
}
