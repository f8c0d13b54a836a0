import type { Header } from '../../age/header.ts'
import type { AgeRecipient } from '../../age/recipient.ts'
import { hasStanzasOf, headerDigest } from '../../blob/judge-readers.ts'
import type { SopsMetadata } from '../../sops/sops-metadata.ts'
import type { ReaderSet, ReaderSets } from './reader-sets.ts'

/** Whom a blob is sealed for, as far as that shows without a key. */
export interface SealedFor {
  /** Whether it is sealed for a key; null where it does not say. */
  has(recipient: Pick<AgeRecipient, 'canonical' | 'tag' | 'stanzaType'>): boolean | null
  /** Canonical keys and their names, where all are known; null where not. */
  readonly keys: ReadonlyMap<string, readonly string[]> | null
  /** Whether it says for whom it is at all. */
  readonly digest: boolean
}

/**
 * Whom an age file is sealed for.
 * @param wanted the readers that the policy names now, or null
 * @param find the set of readers that a digest stands for
 */
export async function sealedForByHeader(
  header: Pick<Header, 'stanzas'>,
  wanted: ReaderSet | null,
  find: (digest: string) => Promise<ReaderSet | null>,
): Promise<SealedFor> {
  const digest = headerDigest(header)
  if (digest !== null) {
    const known = wanted?.digest === digest ? wanted : await find(digest)
    // A digest that the stanzas belie tells nothing.
    if (known !== null && hasStanzasOf(header, known)) {
      return { has: ({ canonical }) => known.names.has(canonical), keys: known.names, digest: true }
    }
  }
  // SSH stanzas at least say which key they are for, and of other kinds there may be none at all.
  const there = new Set(header.stanzas.map(({ args }) => `${args[0]} ${args[1] ?? ''}`))
  const kinds = new Set(header.stanzas.map(({ args }) => args[0]))
  const has: SealedFor['has'] = ({ tag, stanzaType }) => {
    if (tag !== null) return there.has(`${stanzaType} ${tag}`)
    return stanzaType === null || kinds.has(stanzaType) ? null : false
  }
  return { has, keys: null, digest: digest !== null }
}

/**
 * Whom a SOPS document is sealed for: it says so itself.
 * @param recipients everybody in the policy
 */
export async function sealedForByDocument(
  metadata: SopsMetadata,
  recipients: readonly AgeRecipient[],
  sets: ReaderSets,
): Promise<SealedFor> {
  const { judgeSopsReaders, sopsForms } = await import('../../blob/sops-files.ts')
  const { strangers, missing } = judgeSopsReaders(metadata, { recipients })
  const keys = new Map<string, readonly string[]>()
  const lacks = new Set(missing)
  for (const recipient of recipients) if (!lacks.has(recipient)) keys.set(recipient.canonical, [])
  for (const key of strangers) {
    // Keys of other kinds and what is no key at all go by what the document has.
    const names = await sets.namesOf(key, sopsForms)
    keys.set(key, names.length > 0 ? names : [key])
  }
  return { has: ({ canonical }) => keys.has(canonical), keys, digest: true }
}
