import { dearmor, enarmor } from '../../age/armor.ts'
import type { AgeIdentity } from '../../age/identity.ts'
import { openBytes } from '../../age/open.ts'
import { sealBytes } from '../../age/seal.ts'
import { withConverted } from '../../age/with-converted.ts'
import { NixsecretError } from '../../errors.ts'
import type { SopsAgeKey, SopsMetadata } from '../../sops/sops-metadata.ts'
import { headerOf } from '../plugins.ts'
import type { Readers } from '../readers.ts'
import { sopsForms } from './sops-forms.ts'

/** Bytes. */
const KEY_SIZE = 32
/** Entries that are tried at most. */
const MOST_TRIED = 1024

/** The data key, sealed for each reader in an age file of its own, as sops does it: two for an `ssh-ed25519` reader. */
export async function sealDataKey(dataKey: Uint8Array, readers: Readers): Promise<SopsAgeKey[]> {
  const entries: SopsAgeKey[] = []
  for (const form of readers.recipients.flatMap(sopsForms)) {
    const enc = enarmor(sealBytes(await headerOf([form], []), dataKey)).toString('latin1')
    entries.push({ recipient: form.canonical, enc })
  }
  return entries
}

/**
 * The data key of a document, by the first entry that one of the identities opens; those that would ask for a
 * passphrase are tried once no other serves.
 * @returns null where none opens one
 * @throws NixsecretError `format` where none does, and an entry is broken
 */
export async function openDataKey(
  { age }: SopsMetadata,
  identities: readonly AgeIdentity[],
): Promise<Buffer | null> {
  const all = withConverted(identities)
  let broken: NixsecretError | null = null
  for (const some of [all.filter(({ mayAsk }) => !mayAsk), all.filter(({ mayAsk }) => mayAsk)]) {
    if (some.length === 0) continue
    for (const { enc, recipient } of age.slice(0, MOST_TRIED)) {
      try {
        const key = await openBytes(dearmor(Buffer.from(enc, 'latin1')), some.filter(mayBeFor(recipient)))
        if (key === null) continue
        if (key.length === KEY_SIZE) return key
        broken ??= new NixsecretError('format', `SOPS: data key of ${key.length} bytes`)
      } catch (fault) {
        if (!(fault instanceof NixsecretError && fault.code === 'format')) throw fault
        broken ??= fault
      }
    }
  }
  if (broken !== null) throw broken
  return null
}

/** Nobody is asked for the passphrase of a key that an entry is not for: X25519 stanzas themselves do not tell. */
function mayBeFor(recipient: string): (identity: AgeIdentity) => boolean {
  return ({ mayAsk, recipient: own }) =>
    !mayAsk || own === null || own === recipient || recipient.startsWith(`${own} `)
}
