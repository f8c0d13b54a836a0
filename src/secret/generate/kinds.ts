import { newAgeKey } from '../../age/new-age-key.ts'
import { newSshKey } from '../../age/ssh/new-ssh-key.ts'
import { NixsecretError } from '../../errors.ts'
import type { Made } from './made.ts'
import { newBytes } from './new-bytes.ts'
import { newPassphrase } from './new-passphrase.ts'
import { newPassword } from './new-password.ts'
import { newWireguardKey } from './new-wireguard-key.ts'

/** How long a secret may be, in `unit`. */
interface Lengths {
  readonly unit: 'characters' | 'words' | 'bytes'
  readonly usual: number
  readonly least: number
  readonly most: number
}

interface KindOf {
  /** Null: it has one length only. */
  readonly lengths: Lengths | null
  /** Whether a public half belongs to it. */
  readonly isKey: boolean
  /** @param label one line, for formats that hold a comment */
  make(length: number, label: string): Made | Promise<Made>
}

const BYTES: Lengths = { unit: 'bytes', usual: 32, least: 8, most: 4096 }

/** Everything that can be generated. The usual lengths have 128 bits and more; a passphrase, which is typed, 90. */
const KINDS = {
  password: {
    lengths: { unit: 'characters', usual: 24, least: 8, most: 4096 },
    isKey: false,
    make: newPassword,
  },
  passphrase: { lengths: { unit: 'words', usual: 7, least: 4, most: 64 }, isKey: false, make: newPassphrase },
  hex: { lengths: BYTES, isKey: false, make: (length) => newBytes('hex', length) },
  base64: { lengths: BYTES, isKey: false, make: (length) => newBytes('base64', length) },
  'ssh-ed25519': { lengths: null, isKey: true, make: (_, label) => sshKey(label) },
  wireguard: { lengths: null, isKey: true, make: newWireguardKey },
  age: { lengths: null, isKey: true, make: ageKey },
} as const satisfies Readonly<Record<string, KindOf>>

/** The name of a kind of secret. */
export type Kind = keyof typeof KINDS

/** All kinds, in the order in which help has them. */
export const KIND_NAMES = Object.keys(KINDS) as Kind[]

/** Whether a kind has a public half. */
export function isKeyKind(kind: Kind): boolean {
  return KINDS[kind].isKey
}

/**
 * Makes a secret from the system's randomness.
 * @param length checked by {@link lengthFor}
 * @param label one line, for formats that hold a comment
 */
export async function makeSecret(kind: Kind, length: number, label: string): Promise<Made> {
  return (KINDS[kind] as KindOf).make(length, label)
}

/**
 * The length to make.
 * @param asked as on the command line
 * @throws NixsecretError `usage` where it is no number, out of bounds, or the kind has but one
 */
export function lengthFor(kind: Kind, asked: string | undefined): number {
  const { lengths } = KINDS[kind] as KindOf
  if (lengths === null) {
    if (asked === undefined) return 0
    throw new NixsecretError('usage', `a key of kind ${kind} has one length only: leave --length out`)
  }
  if (asked === undefined) return lengths.usual
  const length = /^[0-9]{1,6}$/.test(asked) ? Number(asked) : -1
  if (length >= lengths.least && length <= lengths.most) return length
  const range = `${lengths.least} to ${lengths.most} ${lengths.unit}`
  throw new NixsecretError(
    'usage',
    `--length of kind ${kind} is ${range}, ${lengths.usual} if it is left out`,
  )
}

function sshKey(label: string): Made {
  const { file, publicKey } = newSshKey(label)
  return { content: file, publicHalf: `${publicKey}\n`, what: 'an Ed25519 key of OpenSSH', bits: 128 }
}

function ageKey(): Made {
  const { text, recipient } = newAgeKey(new Date())
  return { content: text, publicHalf: `${recipient}\n`, what: 'an age key', bits: 128 }
}
