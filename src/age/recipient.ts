import { NixsecretError } from '../errors.ts'
import type { AgeRecipient } from './age-recipient.ts'
import { decodePaddedBase64 } from './base64.ts'
import { decodeBech32 } from './bech32.ts'
import { pluginOfIdentity, pluginProgram, pluginRecipient } from './plugin/plugin-key.ts'
import { HYBRID_KEY_SIZE, hybridRecipient } from './post-quantum.ts'
import { ed25519Recipient } from './ssh/ed25519-recipient.ts'
import { parsePublicKey } from './ssh/public-key.ts'
import { rsaRecipient } from './ssh/rsa-recipient.ts'
import { POINT_SIZE } from './x25519.ts'
import { x25519Recipient } from './x25519-recipient.ts'

export type { AgeRecipient }

/** Characters; an RSA key of 16,384 bits has 2,800, and a comment may follow. */
const MAX_LENGTH = 8192
const SSH_TYPE = /^(ssh-|ecdsa-|sk-)/

/** Keys that have been read: each is asked for again and again, and to see that one is no weak point takes a millisecond. */
const known = new Map<string, AgeRecipient>()
/** At most so many; who has more has them read again. */
const MOST_KNOWN = 4096

/**
 * A public key as people write it: `age1…`, `age1pq1…`, `age1NAME1…` of an age plugin, or `ssh-ed25519` and `ssh-rsa` as in an SSH `.pub` file,
 * with or without its comment.
 * @throws NixsecretError `recipient`; the message says what is wrong, and never holds a private key
 */
export function parseRecipient(text: string): AgeRecipient {
  const before = known.get(text)
  if (before !== undefined) return before
  const recipient = readRecipient(text.trim())
  if (known.size >= MOST_KNOWN) known.clear()
  known.set(text, recipient)
  return recipient
}

function readRecipient(key: string): AgeRecipient {
  if (key === '') throw fault('empty key')
  if (/AGE-SECRET-KEY-|AGE-PLUGIN-|PRIVATE KEY-----/i.test(key)) throw privateKey(key)
  if (key.length > MAX_LENGTH) throw fault('too long for a public key')
  if (/[^\P{C}\t]|[\p{Zl}\p{Zp}]/u.test(key)) throw fault('a public key is one line of plain text')
  if (SSH_TYPE.test(key)) return parseSsh(key)
  if (/^age1/i.test(key)) return parseAge(key)
  if (/ (ssh-|ecdsa-|sk-)\S+ AAAA/.test(key))
    throw fault('an SSH key without the options before it is needed, from "ssh-" on')
  throw fault('neither an age1… key nor an ssh-ed25519 or ssh-rsa key')
}

/**
 * Holds a set of recipients against the rules of age itself
 * (https://pkg.go.dev/filippo.io/age#Encrypt): somebody must be able to read, and a post-quantum key protects nothing
 * that another key opens too.
 * @throws NixsecretError `recipient`
 */
export function checkRecipients(recipients: readonly Pick<AgeRecipient, 'postQuantum'>[]): void {
  if (recipients.length === 0) throw fault('no recipients: nobody could read it')
  const is = new Set(recipients.map(({ postQuantum }) => postQuantum))
  // What plugins say of theirs shows when they encrypt.
  if (is.has(true) && is.has(false)) throw fault('post-quantum keys (age1pq1…) and others may not be mixed')
}

function parseAge(key: string): AgeRecipient {
  if (key !== key.toLowerCase()) throw fault('an age1… key is written in lower case')
  if (/\s/.test(key)) throw fault('nothing may follow an age1… key')
  const decoded = decodeBech32(key)
  if (decoded === null) throw fault('age1… key with a wrong checksum: mistyped or cut off')
  const { prefix, bytes } = decoded
  if (prefix === 'age' && bytes.length === POINT_SIZE) return x25519Recipient(bytes)
  if (prefix === 'age1pq' && bytes.length === HYBRID_KEY_SIZE) return hybridRecipient(bytes)
  if (prefix === 'age' || prefix === 'age1pq') throw fault(`${prefix}1… key of the wrong length`)
  const plugin = pluginRecipient(prefix, key)
  if (plugin === null) throw fault(`${prefix}1… keys are of no kind that is known here`)
  return plugin
}

function parseSsh(key: string): AgeRecipient {
  const [type, base64 = ''] = key.split(/[ \t]+/, 2)
  if (type !== 'ssh-ed25519' && type !== 'ssh-rsa')
    throw fault('age encrypts to ssh-ed25519 and ssh-rsa keys only, of all SSH keys')
  const blob = decodePaddedBase64(base64)
  if (blob === null || blob.length === 0) throw fault(`malformed ${type} key: mistyped or cut off`)
  const parsed = parsePublicKey(blob)
  if (typeof parsed === 'string') throw fault(parsed)
  if (parsed.type !== type) throw fault(`key that says ${type} but is ${parsed.type}`)
  return parsed.type === 'ssh-rsa' ? rsaRecipient(parsed) : ed25519Recipient(parsed)
}

function privateKey(key: string): NixsecretError {
  return fault('this is a private key: keep it, and give its public half', [howToTell(key)])
}

function howToTell(key: string): string {
  if (/PRIVATE KEY-----/i.test(key)) return 'ssh-keygen -y -f FILE'
  if (!/AGE-PLUGIN-/i.test(key)) return 'age-keygen -y FILE'
  const plugin = pluginOfIdentity(decodeBech32(key)?.prefix.toUpperCase() ?? '')
  return `${pluginProgram(plugin ?? 'NAME')} --help    # how it tells the public half`
}

function fault(message: string, hints: readonly string[] = []): NixsecretError {
  return new NixsecretError('recipient', message, { hints })
}
