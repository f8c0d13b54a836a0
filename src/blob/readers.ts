import { type AgeRecipient, checkRecipients, parseRecipient } from '../age/recipient.ts'
import type { Stanza } from '../age/stanza.ts'
import { type BytePath, displayPath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { recipientsDigest, STANZA_TYPE } from '../policy/digest.ts'
import type { Policy } from '../policy/policy.ts'
import { readersOf } from '../policy/readers-of.ts'

/** Who a path is sealed for, ready to seal. */
export interface Readers {
  /** Names in the policy. */
  readonly names: readonly string[]
  /** One a key; no key twice. */
  readonly recipients: readonly AgeRecipient[]
  /** Of their keys, as it stands in the stanza of ours. */
  readonly digest: string
  /** The stanza of ours that goes into the header. */
  readonly stanza: Stanza
}

const cache = new WeakMap<Policy, Map<string, Readers>>()

/**
 * The readers that a policy names for a path. The same object for the same set of names.
 * @throws NixsecretError `policy` where it names nobody
 */
export function readersFor(policy: Policy, path: BytePath): Readers {
  const names = readersOf(policy, path)
  if (names === null || names.length === 0) {
    throw new NixsecretError('policy', `nixsecret.toml names no reader for ${displayPath(path)}`, {
      hints: ['git nixsecret recipient list', 'git nixsecret recipient add NAME KEY'],
    })
  }
  let known = cache.get(policy)
  if (known === undefined) {
    known = new Map()
    cache.set(policy, known)
  }
  const key = names.join('\n')
  let readers = known.get(key)
  if (readers === undefined) {
    readers = readersWithKeys(names.map((name) => [name, policy.recipients.get(name) ?? '']))
    known.set(key, readers)
  }
  return readers
}

/**
 * Readers by name and public key, of which no policy needs to know yet.
 * @throws NixsecretError `recipient` for a key that is none, for nobody, and for post-quantum keys mixed with others
 */
export function readersWithKeys(named: readonly (readonly [name: string, key: string])[]): Readers {
  const byKey = new Map<string, AgeRecipient>()
  for (const [, key] of named) {
    const recipient = parseRecipient(key)
    byKey.set(recipient.canonical, recipient)
  }
  const names = named.map(([name]) => name)
  const recipients = [...byKey.values()]
  checkRecipients(recipients)
  const digest = recipientsDigest([...byKey.keys()])
  return { names, recipients, digest, stanza: { args: [STANZA_TYPE, digest], body: new Uint8Array(0) } }
}
