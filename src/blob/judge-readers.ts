import type { Header } from '../age/header.ts'
import type { Stanza } from '../age/stanza.ts'
import { STANZA_TYPE } from '../policy/digest.ts'
import type { Readers } from './readers.ts'

/**
 * How a blob's header stands to the readers that the policy names:
 * `fits`; `stale`, sealed for others; `no-digest`, another tool's file that does not say whom it is for.
 */
export type ReadersVerdict = 'fits' | 'stale' | 'no-digest'

/** The digest that our stanza carries, or null where the file has none. */
export function headerDigest(header: Pick<Header, 'stanzas'>): string | null {
  const ours = header.stanzas.filter((stanza) => stanza.args[0] === STANZA_TYPE)
  const first = ours[0]
  return ours.length === 1 && first?.args.length === 2 ? (first.args[1] as string) : null
}

/**
 * Compares a header with the policy, with no key: our digest, and number, types and ssh tags of the stanzas. Of those
 * that plugins made only that they are there, and none where the policy names no plugin's key.
 * It catches mistakes, not a committer who lies: nothing but a key can check the MAC.
 */
export function judgeReaders(header: Pick<Header, 'stanzas'>, readers: Readers): ReadersVerdict {
  if (!header.stanzas.some((stanza) => stanza.args[0] === STANZA_TYPE)) return 'no-digest'
  return hasStanzasOf(header, readers) && headerDigest(header) === readers.digest ? 'fits' : 'stale'
}

/** Whether number, types and ssh tags of the stanzas are those that these readers would get. */
export function hasStanzasOf(
  header: Pick<Header, 'stanzas'>,
  { recipients }: Pick<Readers, 'recipients'>,
): boolean {
  const others = header.stanzas.filter((stanza) => !ignored(stanza) && stanza.args[0] !== STANZA_TYPE)
  const found = others.map(fingerprint)
  const plain = found.filter((stanza) => PLAIN.test(stanza))
  const keys = recipients.filter((recipient) => recipient.type !== 'plugin')
  const expected = keys.map((r) => (r.tag === null ? r.stanzaType : `${r.stanzaType} ${r.tag}`))
  if (plain.sort().join('\n') !== expected.sort().join('\n')) return false
  // A plugin chooses the types of its stanzas, and may make several for one key.
  const ofPlugins = found.length - plain.length
  const plugins = recipients.length - keys.length
  return plugins === 0 ? ofPlugins === 0 : ofPlugins >= plugins
}

/** Stanzas that plain keys and passphrases make. */
const PLAIN = /^(X25519|mlkem768x25519|ssh-ed25519 .*|ssh-rsa .*|scrypt)$/

// age puts such stanzas into headers so that implementations keep ignoring what they do not know.
function ignored(stanza: Stanza): boolean {
  return /-grease$/.test(stanza.args[0] ?? '')
}

function fingerprint(stanza: Stanza): string {
  const type = stanza.args[0] ?? ''
  return type === 'ssh-ed25519' || type === 'ssh-rsa' ? `${type} ${stanza.args[1] ?? ''}` : type
}
