import { isPlaceholder } from './placeholders.ts'
import { isReference } from './references.ts'

/**
 * How much a value has to say for itself, where the name says much or little: `any`: every literal is a secret;
 * `plausible`: no word of a menu, number or time; `shaped`: more than one kind of characters; `random`: nobody
 * would think of it.
 */
export type Level = 'any' | 'plausible' | 'shaped' | 'random'

/** Longer values are judged by their beginning. */
const LOOKED_AT = 4096

/** Words that settings called `password`, `token` or `auth` take, and that are no secrets. */
const WORDS = new Set(
  (
    'true false yes no on off none null nil auto automatic prompt ask required require optional disabled disable ' +
    'enabled enable default always never md5 scram plain login sufficient requisite file env environment keyring ' +
    'keychain command cmd stdin terminal basic digest bearer ntlm oauth oauth2 jwt token password secret key ' +
    'string str text int bool number object any hidden visible user admin root guest anonymous public private ' +
    'self system manual static dynamic session cookie header query body'
  ).split(' '),
)
const TIME =
  /^[0-9][0-9_.,]*\s*(ns|us|ms|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?|months?|y|years?|k|kb|kib|mb?|mib|gb?|gib|%)?$/i
const HASH =
  /^(\{[A-Z0-9-]{3,20}\})?\$(1|2[abxy]?|5|6|7|y|gy|sha1|apr1|argon2(id|i|d)|pbkdf2[\w-]*|scrypt|bcrypt[\w-]*|md5)\$.{10,}|^\{(S?SHA(256|512)?|MD5|CRYPT|ARGON2|PBKDF2[\w-]*|BLF-CRYPT)\}.{8,}|^(argon2|sha1|sha256|scrypt|pbkdf2):.{16,}/s

/** Secrets by their own beginning, whatever the option is called. */
const SURE =
  /^-----BEGIN [A-Z ]*PRIVATE KEY|^AGE-SECRET-KEY-|^(gh[pousr]_|github_pat_|glpat-|xox[abprs]-|sk_live_|tskey-|hvs\.|npm_|pypi-|dop_v1_|eyJ)[\w.-]{8,}$|^(super|top|very)[-_ ]?secret/i

/** Of an Authorization header. */
const SCHEME = /^(Bearer|Basic|token)\s+/i

/** Whether a value is the hash of a password. */
export function isPasswordHash(value: string): boolean {
  const text = value.trim().slice(0, LOOKED_AT)
  return HASH.test(text) && !/\.\.\.|xxx/i.test(text)
}

/** Whether a text is a secret, and not a placeholder, a reference to one, or a setting. */
export function isSecretValue(value: string, level: Level): boolean {
  const text = value.trim().slice(0, LOOKED_AT).replace(SCHEME, '')
  if (text === '' || isReference(text, level !== 'any') || isPlaceholder(text)) return false
  if (level === 'any' || SURE.test(text)) return true
  // A password may be a number; it is no time without a unit.
  if (level === 'plausible' && /^\d{4,}$/.test(text)) return true
  if (TIME.test(text) || WORDS.has(text.toLowerCase())) return false
  if (level === 'plausible') return isPlausible(text)
  if (level === 'shaped' && isLongWord(text)) return true
  if (/\s/.test(text) || isIdentifier(text)) return false
  return level === 'shaped' ? isShaped(text) : isRandom(text)
}

/** A sentence, a label or code is no password; a pass phrase of a few words is. */
function isPlausible(text: string): boolean {
  if (text.length < 4) return /\d/.test(text)
  if (/^scram-sha|^sha-?\d+$/i.test(text)) return false
  const words = text.split(/\s+/)
  if (words.length === 1) return true
  return words.length <= 8 && !/[:?{}();,]|\b(pass(word|phrase)|token|secret|your|please|enter)\b/i.test(text)
}

/** Names made of words: `my-app-secret`, `github_token`, `api.key.v2`, `clientSecret`. */
function isIdentifier(text: string): boolean {
  const parts = text.split(/[-_./: ]+|(?<=[a-z])(?=[A-Z][a-z])/).filter((part) => part !== '')
  return (
    parts.every((part) => /^(v?\d{1,4}|[a-z]{1,15}|[A-Z]{2,15}|[A-Z][a-z]{1,15})$/.test(part)) &&
    parts.length > 0
  )
}

/** `thisismytoken`: nobody names anything so. */
function isLongWord(text: string): boolean {
  return (
    /^[a-z]{12,}$/.test(text) &&
    (text.length >= 16 || !/(token|secret|key|password|credentials?)$/.test(text))
  )
}

function isShaped(text: string): boolean {
  return text.length >= 6 && !/^[a-z]+$/i.test(text)
}

/** At least 16 characters of an encoding, letters and digits, in no order. */
function isRandom(text: string): boolean {
  if (!/^[\w+/=.~:-]{16,}$/.test(text) || !/\d/.test(text) || !/[a-z]/i.test(text)) return false
  // Fingerprints of OpenPGP keys.
  if (/^(0x)?([0-9A-F]{16}|[0-9A-F]{40})!?$/.test(text)) return false
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return false
  return entropy(text) >= 3.2
}

/** Bits a character. */
function entropy(text: string): number {
  const counts = new Map<string, number>()
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length)
  return bits
}
