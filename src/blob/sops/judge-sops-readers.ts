import { dearmor } from '../../age/armor.ts'
import { parseHeader } from '../../age/header.ts'
import { type AgeRecipient, parseRecipient } from '../../age/recipient.ts'
import type { BytePath } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { recipientsDigest } from '../../policy/digest.ts'
import type { Policy } from '../../policy/policy.ts'
import type { SopsAgeKey, SopsMetadata } from '../../sops/sops-metadata.ts'
import type { Readers } from '../readers.ts'
import { sopsForms } from './sops-forms.ts'
import { sopsShape } from './sops-shape.ts'

/** How a document stands to the readers that the policy names. */
export interface SopsReaders {
  readonly verdict: 'fits' | 'stale'
  /** Who could read it besides: public keys, and names of other kinds of master keys. Untrusted. */
  readonly strangers: readonly string[]
  /** Readers that it has no entry for. */
  readonly missing: readonly AgeRecipient[]
}

/**
 * Compares a document's master keys with the policy, with no key. An `ssh-ed25519` reader may stand there as itself, as
 * the X25519 key that is made of it, or as both. It catches mistakes, not a committer who lies: what an entry is
 * sealed for is believed, as far as its stanza fits.
 */
export function judgeSopsReaders(metadata: SopsMetadata, readers: Pick<Readers, 'recipients'>): SopsReaders {
  const strangers: string[] = [...metadata.otherKeys]
  if (metadata.keyGroups > 1) strangers.push('key_groups')
  const forms = new Map<string, { reader: AgeRecipient; form: AgeRecipient }>()
  for (const reader of readers.recipients)
    for (const form of sopsForms(reader)) forms.set(form.canonical, { reader, form })
  const there = new Set<AgeRecipient>()
  for (const entry of metadata.age) {
    const known = forms.get(canonicalOf(entry.recipient))
    if (known === undefined || !isFor(entry, known.form)) strangers.push(entry.recipient)
    else there.add(known.reader)
  }
  const missing = readers.recipients.filter((reader) => !there.has(reader))
  const fits = strangers.length === 0 && missing.length === 0
  return { verdict: fits ? 'fits' : 'stale', strangers, missing }
}

/** Whether a content is a whole document for just these readers. */
export function sopsFits(path: BytePath, bytes: Buffer, readers: Readers): boolean {
  const shape = sopsShape(path, bytes)
  return shape?.kind === 'sops' && judgeSopsReaders(shape.metadata, readers).verdict === 'fits'
}

/** Keys of a document by their names in a policy, where they have one; each once. */
export function sopsNames(keys: readonly string[], policy: Policy): string[] {
  const names = new Map<string, string>()
  for (const [name, key] of policy.recipients)
    for (const { canonical } of sopsForms(parseRecipient(key))) names.set(canonical, name)
  return [...new Set(keys.map((key) => names.get(canonicalOf(key)) ?? key))]
}

/**
 * What the digest of its readers would be in an age file: the X25519 form of an SSH key that is there too left out.
 * Null where other master keys are there.
 */
export function sopsDigest(metadata: SopsMetadata): string | null {
  if (metadata.otherKeys.length > 0 || metadata.keyGroups > 1) return null
  const keys = new Set(metadata.age.map(({ recipient }) => canonicalOf(recipient)))
  for (const key of [...keys]) {
    if (!key.startsWith('ssh-ed25519 ')) continue
    for (const { canonical } of sopsForms(parseRecipient(key))) if (canonical !== key) keys.delete(canonical)
  }
  return recipientsDigest([...keys])
}

/** A recipient as the policy's are compared; what is none as it is. */
function canonicalOf(recipient: string): string {
  try {
    return parseRecipient(recipient).canonical
  } catch (fault) {
    if (fault instanceof NixsecretError) return recipient
    throw fault
  }
}

/** Whether the sealed data key of an entry has one stanza, of the kind that its recipient makes. */
function isFor({ enc }: SopsAgeKey, { stanzaType, tag }: AgeRecipient): boolean {
  try {
    const header = parseHeader(dearmor(Buffer.from(enc, 'latin1')), true)
    const [stanza, ...others] = header?.stanzas.filter(({ args }) => !/-grease$/.test(args[0] ?? '')) ?? []
    return others.length === 0 && stanza?.args[0] === stanzaType && (tag === null || stanza.args[1] === tag)
  } catch (fault) {
    if (fault instanceof NixsecretError) return false
    throw fault
  }
}
