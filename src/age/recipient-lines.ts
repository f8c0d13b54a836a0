import { NixsecretError } from '../errors.ts'
import { decodePaddedBase64 } from './base64.ts'
import { parseRecipient } from './recipient.ts'
import { fingerprint } from './ssh/fingerprint.ts'

const MAX_LINES = 1000

/** A public key that was found somewhere. */
export interface FoundKey {
  /** As it would stand in the policy. */
  readonly line: string
  readonly type: string
  /** By what people tell it from others: the SHA-256 fingerprint of an SSH key, an age key itself. */
  readonly mark: string
  /** Without comment; null where age can't encrypt to it. */
  readonly canonical: string | null
  /** Why not. */
  readonly unfit: string | null
}

/** Keys, and lines that are none. */
export interface FoundKeys {
  readonly keys: readonly FoundKey[]
  /** What was wrong, with the number of the line and nothing that stands in it. */
  readonly faults: readonly string[]
}

/**
 * Reads public keys, one a line: `.pub` files, age's recipients files (`age -R`), lists of servers. Empty lines and
 * comments (`#`) are left out, and keys that come twice.
 * @param comment for SSH keys without one
 * @throws NixsecretError `recipient` where a line is a private key, or there are too many
 */
export function parseRecipientLines(text: string, comment: string | null = null): FoundKeys {
  const keys = new Map<string, FoundKey>()
  const faults: string[] = []
  const lines = text.split(/\r?\n/)
  if (lines.length > MAX_LINES)
    throw new NixsecretError('recipient', `more than ${MAX_LINES} lines: no list of keys`)
  for (const [i, line] of lines.entries()) {
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#')) continue
    const key = parseLine(trimmed, comment)
    if (typeof key === 'string') faults.push(`line ${i + 1}: ${key}`)
    else if (!keys.has(key.mark)) keys.set(key.mark, key)
  }
  return { keys: [...keys.values()], faults }
}

function parseLine(text: string, comment: string | null): FoundKey | string {
  const ssh = sshKey(text)
  try {
    const { canonical, type } = parseRecipient(text)
    if (ssh === null) return { line: text, type, mark: text, canonical, unfit: null }
    const line = comment === null || ssh.comment !== '' ? text : `${canonical} ${comment}`
    return { line, type, mark: ssh.mark, canonical, unfit: null }
  } catch (fault) {
    if (!(fault instanceof NixsecretError)) throw fault
    // Somebody mistook the file: nothing of it may be shown, or go anywhere.
    if (/private key/.test(fault.message)) throw fault
    if (ssh === null) return fault.message
    return { line: text, type: ssh.type, mark: ssh.mark, canonical: null, unfit: fault.message }
  }
}

/** What is an SSH public key, of whatever kind. */
function sshKey(text: string): { type: string; mark: string; comment: string } | null {
  const [, type = '', base64 = '', comment = ''] =
    /^((?:ssh|ecdsa|sk)-[\w.@-]{1,64})[ \t]+([A-Za-z0-9+/=]+)(?:[ \t]+(.*))?$/.exec(text) ?? []
  const blob = decodePaddedBase64(base64)
  return blob === null || blob.length === 0 ? null : { type, mark: fingerprint(blob), comment }
}
