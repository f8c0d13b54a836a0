import { parseRecipient } from '../../age/recipient.ts'
import { displayText } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import type { Policy } from '../../policy/policy.ts'
import type { ImportGroup, ImportReader } from '../import-plan.ts'

/** Who took the places of GPG ids. */
export interface ReaderMap {
  /** Readers of what was encrypted for these ids, no reader twice; null: whom the policy names. */
  readersOf(ids: readonly string[] | null): ImportReader[] | null
  /** Ids that nobody takes the place of. */
  readonly dropped: readonly string[]
  /** Public keys that the policy may not have yet → what their owner is called. */
  readonly names: ReadonlyMap<string, string>
  /** Groups of the policy that were named. */
  readonly groups: readonly ImportGroup[]
}

/** A GPG id, and whose it is as far as gpg knows. */
export interface GpgUser {
  readonly id: string
  /** Not escaped yet. */
  readonly userId: string | null
}

/**
 * Takes answers for GPG ids, each a list of names, `@groups` and public keys; none: dropped.
 * @param answers one for each user, in the order of `users`
 * @throws NixsecretError `missing` for a name that the policy does not have
 */
export function mapReaders(
  users: readonly GpgUser[],
  answers: readonly (readonly string[])[],
  policy: Policy | null,
): ReaderMap {
  const readers = new Map<string, readonly ImportReader[]>()
  const names = new Map<string, string>()
  for (const [i, { id, userId }] of users.entries()) {
    const found = (answers[i] ?? []).map((text) => readerNamed(text, policy))
    for (const reader of found) if ('key' in reader && userId !== null) names.set(reader.key, ownerOf(userId))
    readers.set(id, found)
  }
  return {
    names,
    groups: groupsAmong([...readers.values()].flat(), policy),
    dropped: users.filter(({ id }) => readers.get(id)?.length === 0).map(({ id }) => id),
    readersOf: (ids) => {
      if (ids === null) return null
      const all = ids.flatMap((id) => readers.get(id) ?? [])
      return [...new Map(all.map((reader) => [JSON.stringify(reader), reader])).values()]
    },
  }
}

/**
 * The same readers for everything, whatever it was encrypted for.
 * @throws NixsecretError `missing` for a name that the policy does not have
 */
export function sameReaders(texts: readonly string[], policy: Policy | null): ReaderMap {
  const readers = texts.map((text) => readerNamed(text, policy))
  return { names: new Map(), groups: groupsAmong(readers, policy), dropped: [], readersOf: () => readers }
}

/** With their members' keys, so that a rule can name the group. */
function groupsAmong(readers: readonly ImportReader[], policy: Policy | null): ImportGroup[] {
  const names = readers.flatMap((reader) =>
    'name' in reader && reader.name.startsWith('@') ? [reader.name.slice(1)] : [],
  )
  return [...new Set(names)].map((name) => ({
    name,
    members: (policy?.groups.get(name) ?? []).flatMap((member) => policy?.recipients.get(member) ?? []),
  }))
}

/**
 * What somebody wrote for a reader.
 * @throws NixsecretError `missing` where it is neither a name of the policy nor a public key
 */
export function readerNamed(text: string, policy: Policy | null): ImportReader {
  if (text.startsWith('@') ? policy?.groups.has(text.slice(1)) : policy?.recipients.has(text))
    return { name: text }
  try {
    parseRecipient(text)
    return { key: text }
  } catch (fault) {
    if (!(fault instanceof NixsecretError)) throw fault
    // The cause of a key that does not parse is nobody's business: it may be a private one.
    const shown = /AGE-|PRIVATE/i.test(text) ? 'what was given' : displayText(text.slice(0, 80))
    throw new NixsecretError('missing', `${shown} is no name or @group of nixsecret.toml, nor a public key`, {
      hints: policy === null ? ['git nixsecret init'] : ['git nixsecret recipient list'],
    })
  }
}

/** `Alice <alice@example.org>` → `Alice` */
function ownerOf(userId: string): string {
  const name = userId.replace(/\s*[(<].*$/s, '').trim()
  return name === '' ? (/<([^@>]+)/.exec(userId)?.[1] ?? 'reader') : name
}
