import type { BlobShape } from '../../../age/inspect.ts'
import type { BytePath } from '../../../byte-path.ts'
import { headerDigest } from '../../judge-readers.ts'
import { mayBeSops } from '../../may-be-sops.ts'
import type { Readers } from '../../readers.ts'

/** What git has at a path that is to be sealed again: ciphertext, and for whom, as far as that shows without a key. */
export interface FormerBlob {
  readonly oid: string
  /** In an age file's header; null where it has none, or this is a SOPS document. */
  readonly digest: string | null
  /**
   * Those of the readers asked about who can open it, in canonical form: of a SOPS document, and of a new age file whose
   * tags tell (`knownByTags`).
   */
  readonly keys: ReadonlySet<string> | null
  /** Of a SOPS document: by what its data key is known elsewhere; see `sopsMarks`. */
  readonly marks: readonly string[]
}

const MARKS: readonly string[] = []

/**
 * @param shape what it is
 * @param whole null where it is too large to be a SOPS document
 * @param readers who are asked about
 * @returns null where it keeps nothing from anybody: plaintext, or nothing
 */
export async function formerBlob(
  path: BytePath,
  blob: { readonly oid: string; readonly shape: BlobShape; readonly whole: Buffer | null },
  readers: Pick<Readers, 'recipients'> | null,
): Promise<FormerBlob | null> {
  const { oid, shape, whole } = blob
  if (shape.kind === 'age') return { oid, digest: headerDigest(shape.header), keys: null, marks: MARKS }
  if (shape.kind === 'broken') return { oid, digest: null, keys: null, marks: MARKS }
  if (shape.kind === 'empty' || whole === null || !mayBeSops(whole)) return null
  const { judgeSopsReaders, sopsMarks, sopsShape } = await import('../../sops-files.ts')
  const document = sopsShape(path, whole)
  if (document === null) return null
  if (document.kind === 'broken' || readers === null)
    return { oid, digest: null, keys: new Set(), marks: MARKS }
  const missing = new Set(
    judgeSopsReaders(document.metadata, readers).missing.map(({ canonical }) => canonical),
  )
  const keys = readers.recipients.map(({ canonical }) => canonical).filter((key) => !missing.has(key))
  return { oid, digest: null, keys: new Set(keys), marks: sopsMarks(document.metadata) }
}
