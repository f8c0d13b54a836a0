import { randomBytes } from 'node:crypto'
import { asBuffer } from '../../age/as-buffer.ts'
import type { AgeIdentity } from '../../age/identity.ts'
import { type BytePath, displayPath } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { encryptSops } from '../../sops/encrypt-sops.ts'
import { type SopsKind, sopsKind } from '../../sops/sops-kind.ts'
import { readSopsMetadata, type SopsAgeKey, type SopsMetadata } from '../../sops/sops-metadata.ts'
import { MAX_SOPS_SIZE, mayBeSops } from '../may-be-sops.ts'
import type { Readers } from '../readers.ts'
import { openDataKey, sealDataKey } from './data-key.ts'
import { judgeSopsReaders } from './judge-sops-readers.ts'

/** What a new document may go on from. */
export interface Earlier {
  /** As they are; what is no document is left out. The first comes first. */
  readonly documents: readonly Buffer[]
  /** To open their data keys with. */
  readonly identities: readonly AgeIdentity[]
}

/** An earlier document whose data key is here. */
interface Known {
  readonly document: Buffer
  readonly metadata: SopsMetadata
  readonly dataKey: Buffer
}

/**
 * The SOPS document of a plaintext, for these readers. Where an earlier one has just these readers and its data key is to
 * be had, that is kept, and so is the ciphertext of every value that did not change, of all earlier ones with this key;
 * a document that holds just this plaintext is returned as it is. Other readers get a new data key, so that who was
 * removed opens no later value.
 * @throws NixsecretError `format` or `refused` where SOPS can't hold the plaintext, with the line
 */
export async function sealSops(
  path: BytePath,
  plaintext: Buffer,
  readers: Readers,
  earlier: Earlier,
): Promise<Buffer> {
  const kind = kindFor(path, plaintext)
  const documents = earlier.documents.filter(mayBeSops)
  const known = await openKeys(kind, documents, earlier.identities)
  const fitting = known.filter(({ metadata }) => judgeSopsReaders(metadata, readers).verdict === 'fits')
  try {
    for (const one of fitting) if (isUnchanged(kind, plaintext, one)) return one.document
    const [base] = fitting
    const dataKey = base?.dataKey ?? randomBytes(32)
    const age = base?.metadata.age ?? (await sealDataKey(dataKey, readers))
    // Of those with another key only the settings stay.
    const previous = base === undefined ? known : [base, ...known.filter((one) => one !== base)]
    return bounded(path, encrypt(kind, plaintext, { dataKey, age, previous, refuseNewlyOpen: true }))
  } catch (fault) {
    throw named(path, kind, fault)
  }
}

/** The first of the documents that holds just this plaintext; null where none of those that open here does. */
export async function sopsHolding(
  path: BytePath,
  plaintext: Buffer,
  { documents, identities }: Earlier,
): Promise<Buffer | null> {
  const kind = kindFor(path, plaintext)
  try {
    const known = await openKeys(kind, documents.filter(mayBeSops), identities)
    return known.find((one) => isUnchanged(kind, plaintext, one))?.document ?? null
  } catch (fault) {
    throw named(path, kind, fault)
  }
}

async function openKeys(
  kind: SopsKind,
  documents: readonly Buffer[],
  identities: readonly AgeIdentity[],
): Promise<Known[]> {
  const known: Known[] = []
  for (const document of documents) {
    try {
      const metadata = readSopsMetadata(document, kind)
      const dataKey = metadata === null ? null : await openDataKey(metadata, identities)
      if (metadata !== null && dataKey !== null) known.push({ document, metadata, dataKey })
    } catch (fault) {
      // A damaged one is nothing to go on from, nor one that can't be read here.
      if (!(fault instanceof NixsecretError && (fault.code === 'format' || fault.code === 'refused')))
        throw fault
    }
  }
  return known
}

function isUnchanged(kind: SopsKind, plaintext: Buffer, known: Known): boolean {
  const { metadata, dataKey } = known
  return encrypt(kind, plaintext, { dataKey, age: metadata.age, previous: [known] }).equals(known.document)
}

interface Encryption {
  readonly dataKey: Buffer
  readonly age: readonly SopsAgeKey[]
  readonly previous: readonly Known[]
  readonly refuseNewlyOpen?: boolean
}

function encrypt(kind: SopsKind, plaintext: Buffer, encryption: Encryption): Buffer {
  const { dataKey, age, previous, refuseNewlyOpen = false } = encryption
  const document = encryptSops(plaintext, kind, {
    dataKey,
    age,
    lastModified: new Date(),
    previous: previous.map((one) => (one.dataKey.equals(dataKey) ? { document: one.document } : one)),
    // The policy says who reads it; whoever is not in it loses it, as with age files.
    dropOtherKeys: true,
    refuseNewlyOpen,
  })
  return asBuffer(document)
}

function kindFor(path: BytePath, plaintext: Buffer): SopsKind {
  if (plaintext.length > MAX_SOPS_SIZE) throw tooLarge(path)
  return sopsKind(path)
}

function bounded(path: BytePath, document: Buffer): Buffer {
  if (document.length > MAX_SOPS_SIZE) throw tooLarge(path)
  return document
}

/** Why a file is too large for this format, and what to do. */
export function tooLarge(path: BytePath): NixsecretError {
  const message = `${displayPath(path)} is too large for a SOPS document, which may have ${MAX_SOPS_SIZE >> 20} MiB`
  return new NixsecretError('refused', message, { hints: [asAge(path)] })
}

function named(path: BytePath, kind: SopsKind, fault: unknown): unknown {
  if (!(fault instanceof NixsecretError) || (fault.code !== 'format' && fault.code !== 'refused'))
    return fault
  const shown = displayPath(path)
  if (fault.message.includes(shown)) return fault
  const message = `${shown} can't be made a SOPS document (${kind}): ${fault.message}`
  return new NixsecretError(fault.code, message, {
    hints: fault.hints.length > 0 ? fault.hints : [asAge(path)],
    cause: fault,
  })
}

function asAge(path: BytePath): string {
  return `$EDITOR ${displayPath(path)}    # or, for an age file: a [[rule]] before with format = "age", in nixsecret.toml`
}
