import { dearmor } from '../age/armor.ts'
import type { Header } from '../age/header.ts'
import type { AgeIdentity } from '../age/identity.ts'
import { inspectBlob } from '../age/inspect.ts'
import { openBytes } from '../age/open.ts'
import { NixsecretError } from '../errors.ts'

/** What became of opening a blob. */
export type Opened =
  | { readonly state: 'open'; readonly plaintext: Buffer; readonly header: Header }
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
    const { header } = shape
    const plaintext = await openBytes(shape.armored ? dearmor(blob) : blob, identities, header)
    return plaintext === null ? { state: 'locked' } : { state: 'open', plaintext, header }
  } catch (fault) {
    if (fault instanceof NixsecretError && fault.code === 'format') {
      return { state: 'damaged', reason: fault.message }
    }
    throw fault
  }
}
