import type { Identity, Recipient } from 'age-encryption'
import { NixsecretError } from '../errors.ts'
import type { KeyRecipient } from './age-recipient.ts'
import { decodeBase64 } from './base64.ts'
import { encodeBech32 } from './bech32.ts'
import { WRAPPED_KEY_SIZE } from './file-key.ts'
import type { AgeIdentity } from './identity.ts'
import type { Stanza } from './stanza.ts'
import { importPoint, isLowOrder, POINT_SIZE } from './x25519.ts'

/** Type of the stanzas of the hybrid of ML-KEM-768 and X25519 (https://c2sp.org/age#hybrid-recipient-stanza). */
export const HYBRID_STANZA = 'mlkem768x25519'
/** Bytes of an `age1pq1…` key: 768 coefficients of 12 bits, a seed of 32 bytes, an X25519 point. */
export const HYBRID_KEY_SIZE = 1216
const COEFFICIENTS_SIZE = 1152
/** Bytes of an encapsulated key in a stanza. */
const ENCAPSULATED_SIZE = 1120
/** Modulus of ML-KEM (FIPS 203, section 2.4). */
const Q = 3329

// age-encryption takes 35 ms to load (measured): only those who use such keys pay.
const load = () => import('age-encryption')

/**
 * age-encryption exports no way to wrap a file key of ours, or to unwrap stanzas before the MAC is known,
 * though its string keys become objects that do just that, in these fields.
 */
function only<T>(holder: object, field: 'recipients' | 'identities'): T {
  const [item] = Reflect.get(holder, field) as T[]
  return item as T
}

/**
 * An `age1pq1…` key.
 * @param key {@link HYBRID_KEY_SIZE} bytes
 * @throws NixsecretError `recipient` where nothing can be encrypted to it
 */
export function hybridRecipient(key: Buffer): KeyRecipient {
  if (!isHybridKey(key)) throw new NixsecretError('recipient', 'age1pq1… key that is malformed')
  const canonical = encodeBech32('age1pq', key)
  let recipient: Promise<Recipient> | undefined
  return {
    type: 'mlkem768x25519',
    canonical,
    stanzaType: HYBRID_STANZA,
    tag: null,
    postQuantum: true,
    async wrap(fileKey) {
      recipient ??= load().then(({ Encrypter }) => {
        const encrypter = new Encrypter()
        encrypter.addRecipient(canonical)
        return only<Recipient>(encrypter, 'recipients')
      })
      const [stanza] = await (await recipient).wrapFileKey(fileKey)
      return stanza as Stanza
    },
  }
}

/**
 * An `AGE-SECRET-KEY-PQ-1…` key.
 * @param text already known to be valid
 */
export async function hybridIdentity(text: string, description: string): Promise<AgeIdentity> {
  const { Decrypter, identityToRecipient } = await load()
  const decrypter = new Decrypter()
  decrypter.addIdentity(text)
  const identity = only<Identity>(decrypter, 'identities')
  return {
    description,
    recipient: await identityToRecipient(text),
    async unwrap(stanzas) {
      const ours = stanzas.filter(({ args }) => args[0] === HYBRID_STANZA)
      if (!ours.every(isWellFormed)) throw new NixsecretError('format', `malformed ${HYBRID_STANZA} stanza`)
      try {
        return ours.length === 0 ? null : await identity.unwrapFileKey(ours)
      } catch {
        throw new NixsecretError('format', `broken ${HYBRID_STANZA} stanza`)
      }
    },
  }
}

/** The check of FIPS 203, section 7.2, which age-encryption makes only when it encrypts, and that of X25519. */
function isHybridKey(key: Buffer): boolean {
  for (let i = 0; i < COEFFICIENTS_SIZE; i += 3) {
    const pair = key.readUIntLE(i, 3)
    if ((pair & 0xfff) >= Q || pair >>> 12 >= Q) return false
  }
  return !isLowOrder(importPoint(key.subarray(-POINT_SIZE)))
}

function isWellFormed({ args, body }: Stanza): boolean {
  const share = args.length === 2 ? decodeBase64(args[1] as string) : null
  return share?.length === ENCAPSULATED_SIZE && body.length === WRAPPED_KEY_SIZE
}
