import { isArmored } from '../age/armor.ts'
import { parseRecipient } from '../age/recipient.ts'
import type { Stanza } from '../age/stanza.ts'
import type { BytePath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import type { SopsMetadata } from '../sops/sops-metadata.ts'
import { inspectFile } from './inspect-file.ts'
import { hasStanzasOf, headerDigest } from './judge-readers.ts'
import { mayBeginSops, mayBeSops } from './may-be-sops.ts'
import { quickHeader } from './quick-header.ts'
import type { ReaderSets } from './reader-sets.ts'

/** What a blob says, with no key, of whom it is sealed for. */
export interface SealedFor {
  readonly kind: 'age' | 'sops' | 'plaintext' | 'empty' | 'damaged'
  /** Canonical keys; of a SOPS document also the kinds of other master keys, as `pgp`. */
  readonly keys: ReadonlySet<string>
  /** Those of the keys that it may be sealed for, or not: nothing in it tells. */
  readonly unsure: ReadonlySet<string>
  /** False where it may be sealed for keys that nobody here knows of, too. */
  readonly isKnown: boolean
  /** Of the plaintext, in bytes; null where that shows only with a key. */
  readonly plaintextSize: number | null
  /** What blobs for the same readers share; null where it does not say. */
  readonly digest: string | null
}

const NOBODY: ReadonlySet<string> = new Set()

/**
 * Whom a blob is sealed for: by the digest in its header, among all sets that policies have named; by the recipients that a SOPS
 * document lists. Of a file of another tool by the tags of SSH keys, and everybody counts whom any policy has ever let read
 * the path and whose kind of key has a stanza. A header or document that lies is believed.
 * @param bytes the whole of it, or its beginning as far as the header goes
 * @param size of the whole, in bytes
 */
export async function sealedFor(
  path: BytePath,
  bytes: Buffer,
  size: number,
  sets: ReaderSets,
): Promise<SealedFor> {
  const quick = quickHeader(bytes, size)
  const known = quick?.digest ? sets.keysOf(quick.digest) : null
  if (quick !== null && known !== null && quick.stanzas.length === known.size + 1) {
    const { digest, plaintextSize } = quick
    return { kind: 'age', keys: known, unsure: NOBODY, isKnown: true, plaintextSize, digest }
  }
  const shape = inspectFile(path, bytes, size)
  const none = { keys: NOBODY, unsure: NOBODY, isKnown: true, plaintextSize: null, digest: null }
  if (shape.kind === 'age') {
    const { header, plaintextSize } = shape
    return { kind: 'age', ...ofHeader(path, header.stanzas, headerDigest(header), sets), plaintextSize }
  }
  if (shape.kind === 'empty') return { ...none, kind: 'empty', plaintextSize: 0 }
  if (shape.kind === 'broken') return { ...none, kind: 'damaged', isKnown: false }
  // A document with a value left open is one all the same: it says whom the others are for.
  const metadata = mayBeSops(bytes) ? await metadataOf(path, bytes) : null
  if (metadata !== null) return { ...none, kind: 'sops', keys: ofDocument(metadata, sets) }
  return { ...none, kind: 'plaintext', plaintextSize: size }
}

function ofHeader(path: BytePath, stanzas: Stanza[], digest: string | null, sets: ReaderSets) {
  const named = digest === null ? null : sets.keysOf(digest)
  if (named !== null) {
    const recipients = [...named].map(parseRecipient)
    if (hasStanzasOf({ stanzas }, { recipients }))
      return { keys: named, unsure: NOBODY, isKnown: true, digest }
  }
  const there = new Set(stanzas.map(({ args }) => args[0] ?? ''))
  const tags = new Set(stanzas.map(({ args }) => `${args[0]} ${args[1] ?? ''}`))
  const keys = new Set<string>()
  const unsure = new Set<string>()
  for (const key of sets.everNamed(path)) {
    const { stanzaType, tag, type } = parseRecipient(key)
    if (tag !== null ? !tags.has(`${stanzaType} ${tag}`) : type !== 'plugin' && !there.has(stanzaType ?? ''))
      continue
    keys.add(key)
    if (tag === null) unsure.add(key)
  }
  return { keys, unsure, isKnown: false, digest: null }
}

async function metadataOf(path: BytePath, bytes: Buffer): Promise<SopsMetadata | null> {
  const { sopsMetadata } = await import('./sops-files.ts')
  try {
    return sopsMetadata(path, bytes)
  } catch (fault) {
    if (fault instanceof NixsecretError) return null
    throw fault
  }
}

function ofDocument({ age, otherKeys }: SopsMetadata, sets: ReaderSets): ReadonlySet<string> {
  const keys = age.map(({ recipient }) => {
    try {
      return sets.originOf(parseRecipient(recipient).canonical)
    } catch (fault) {
      if (fault instanceof NixsecretError) return recipient
      throw fault
    }
  })
  return new Set([...keys, ...otherKeys])
}

/** Whether a file has to be read whole before {@link sealedFor} can tell. */
export function needsWhole(head: Buffer): boolean {
  return isArmored(head) || mayBeginSops(head)
}
