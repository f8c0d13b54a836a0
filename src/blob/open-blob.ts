import { dearmor } from '../age/armor.ts'
import type { AgeIdentity } from '../age/identity.ts'
import { inspectBlob } from '../age/inspect.ts'
import { openBytes } from '../age/open.ts'
import { NixsecretError } from '../errors.ts'

/** What became of opening a blob. */
export type Opened =
  | { readonly state: 'open'; readonly plaintext: Buffer }
  /** No key here is among its readers. */
  | { readonly state: 'locked' }
  /** It is meant to be an age file, and is not a whole one. */
  | { readonly state: 'damaged'; readonly reason: string }
  | { readonly state: 'plaintext' }
  | { readonly state: 'empty' }

/** Opens a blob that is held in memory. Never throws for the blob's sake. */
export async function openBlob(blob: Buffer, identities: readonly AgeIdentity[]): Promise<Opened> {
  const shape = inspectBlob(blob, blob.length)
  if (shape.kind === 'empty' || shape.kind === 'plaintext') return { state: shape.kind }
  if (shape.kind === 'broken') return { state: 'damaged', reason: shape.reason }
  try {
    const plaintext = await openBytes(shape.armored ? dearmor(blob) : blob, identities)
    return plaintext === null ? { state: 'locked' } : { state: 'open', plaintext }
  } catch (fault) {
    if (fault instanceof NixsecretError) return { state: 'damaged', reason: fault.message }
    throw fault
  }
}
