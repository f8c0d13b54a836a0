import type { PlainValue } from '../../nix/data/plain-value.ts'
import { nameFromKey } from '../../policy/recipient-names.ts'
import type { AgenixNames } from './agenix-rules.ts'

/** Names that say what a key is, not whose: then the name around it tells. */
const GENERIC = new Set([
  'key',
  'keys',
  'publicKey',
  'publicKeys',
  'pubkey',
  'pubKey',
  'ssh',
  'sshKey',
  'age',
  'default',
  'public',
  'host',
  'user',
])

/** Learns from a Nix file how its author calls keys, and lists of keys. */
export class NameCollector {
  readonly #keys = new Map<string, string>()
  readonly #lists = new Map<string, string[]>()

  /** @param trail names from the outside in, the last one that of the value */
  note(trail: readonly string[], value: PlainValue): void {
    const name = trail.filter((part) => !GENERIC.has(part)).at(-1)
    if (name === undefined || /[./]/.test(name)) return
    if (value.kind === 'string' && isKey(value.text) && !this.#keys.has(value.text.trim()))
      this.#keys.set(value.text.trim(), name)
    if (value.kind !== 'list' || value.items.length === 0 || trail.at(-1) === 'publicKeys') return
    const items = value.items.map((item) => item.force())
    const texts = items.flatMap((item) =>
      item.kind === 'string' && isKey(item.text) ? [item.text.trim()] : [],
    )
    if (texts.length === items.length && !this.#lists.has(name)) this.#lists.set(name, texts)
  }

  result(): AgenixNames {
    const keys = new Map(this.#keys)
    // Keys in a list have no name of their own: their comments, else the list's name.
    for (const [name, texts] of this.#lists)
      for (const text of texts) if (!keys.has(text) && nameFromKey(text) === null) keys.set(text, name)
    return { keys, groups: [...this.#lists].map(([name, members]) => ({ name, members })) }
  }
}

function isKey(text: string): boolean {
  return /^\s*(age1|ssh-|ecdsa-|sk-)/.test(text)
}
