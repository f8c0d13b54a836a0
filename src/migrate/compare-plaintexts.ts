import { openFile } from '../blob/open-file.ts'
import { type BytePath, displayPath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { listFlaggedIndex } from '../git/flagged-index.ts'
import type { ImportPlace } from './import-place.ts'
import type { PreparedSecret } from './prepared-secret.ts'

/** `same`: what is staged opens to the plaintext of the source; `no-key`: no key here opens it, so nobody looked. */
export type Verdict = 'same' | 'no-key'

/**
 * Opens each blob that is now in the index, and holds it against what the source had, in memory.
 * @returns one for each secret, in order
 * @throws NixsecretError `refused`, naming every secret that differs
 */
export async function comparePlaintexts(
  place: ImportPlace,
  secrets: readonly PreparedSecret[],
): Promise<Verdict[]> {
  const index = new Map<BytePath, string>()
  for (const { path, stage, oid } of await listFlaggedIndex(place.git)) if (stage === 0) index.set(path, oid)
  const identities = await place.keys.identities()
  const verdicts: Verdict[] = []
  const wrong: string[] = []
  for (const { secret, proof } of secrets) {
    const blob = await place.catFile.get(index.get(secret.path) ?? '')
    const opened = blob === null ? null : await openFile(secret.path, blob.content, identities)
    if (opened?.state === 'locked') verdicts.push('no-key')
    else if (opened?.state === 'open' || opened?.state === 'empty') {
      const plaintext = opened.state === 'open' ? opened.plaintext : Buffer.alloc(0)
      if (proof !== null && place.memo.hash(plaintext).equals(proof)) verdicts.push('same')
      else wrong.push(displayPath(secret.path))
    } else wrong.push(displayPath(secret.path))
  }
  if (wrong.length === 0) return verdicts
  throw new NixsecretError('refused', `what is staged is not what the source has: ${wrong.join(', ')}`, {
    hints: ['git restore --staged .'],
  })
}
