import { openBlob } from '../blob/open-blob.ts'
import { NixsecretError } from '../errors.ts'
import type { EarlierBlob } from './earlier-blob.ts'
import type { FilterContext } from './filter-context.ts'
import { openLarge, unwrapLarge } from './large-blob.ts'

/** A plaintext, by what is needed to tell it from others. */
export interface Plaintext {
  /** In bytes. */
  readonly size: number
  /** The memo's keyed hash of it. */
  readonly hash: Buffer
}

/** Whether a blob holds just this plaintext: by the memo, else by opening it with the keys that need no question. */
export async function holdsPlaintext(
  context: FilterContext,
  blob: EarlierBlob,
  plaintext: Plaintext,
): Promise<boolean> {
  if (blob.shape.kind !== 'age') return false
  if (context.memo.holds(plaintext.hash, blob.oid)) return true
  if (blob.shape.plaintextSize !== plaintext.size) return false
  const found = await plaintextHash(context, blob)
  return found?.equals(plaintext.hash) ?? false
}

async function plaintextHash(context: FilterContext, blob: EarlierBlob): Promise<Buffer | null> {
  const identities = await context.silentKeys.identities()
  if (blob.whole !== null) {
    const opened = await openBlob(blob.whole, identities)
    return opened.state === 'open' ? context.memo.hash(opened.plaintext) : null
  }
  try {
    const key = await unwrapLarge(blob.source, identities)
    if (key === null) return null
    const hasher = context.memo.hasher()
    for await (const piece of openLarge(blob.source, key.header, key.fileKey)) hasher.update(piece)
    return hasher.digest()
  } catch (fault) {
    if (fault instanceof NixsecretError && fault.code === 'format') return null
    throw fault
  }
}
