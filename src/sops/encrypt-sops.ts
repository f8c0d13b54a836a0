import { NixsecretError } from '../errors.ts'
import { asBuffer } from './as-buffer.ts'
import { plainBytes } from './decrypt-sops.ts'
import { type Edit, faultAt, MAX_TEXT, type Slot, type SopsText, splice } from './document.ts'
import { refuseOddLines } from './flat/odd-lines.ts'
import { formatOf } from './format-of.ts'
import { KeptValues } from './kept-values.ts'
import { changedTree, newTree } from './metadata-tree.ts'
import { refuseNewlyOpen } from './newly-open.ts'
import {
  decodeText,
  MAX_BINARY,
  macHash,
  macTime,
  type OpenedDocument,
  openDocument,
  ruleOf,
} from './open-document.ts'
import { looksSealed, pathData, sealValue } from './sealed-value.ts'
import type { SopsKind } from './sops-kind.ts'
import { readSopsMetadata } from './sops-metadata.ts'
import type { SopsAgeKey, SopsSettings } from './sops-types.ts'
import { sopsValue } from './sops-value.ts'
import type { SopsMap } from './tree.ts'

/** A document that another one follows. */
export interface PreviousDocument {
  readonly document: Uint8Array
  /** Where it is another one than that of the new document. */
  readonly dataKey?: Uint8Array
}

/** How a document is made. */
export interface EncryptSopsOptions {
  /** 32 bytes. */
  readonly dataKey: Uint8Array
  /** The data key, sealed for each reader. To leave readers as they are, give the previous document's own entries. */
  readonly age: readonly SopsAgeKey[]
  readonly lastModified: Date
  /**
   * Documents that this one follows, the most important first: a value that stands at the same path in one of them
   * keeps its ciphertext, if that document has the same data key. The settings and other metadata of the first one that
   * opens stay: they count only where its MAC fits them. One that does not open counts for nothing.
   */
  readonly previous?: readonly PreviousDocument[]
  /** For a document without a previous one. */
  readonly settings?: SopsSettings
  /**
   * Take out other master keys (pgp, kms, …) where the data key is a new one, which they don't hold. Otherwise that
   * is refused: their owners would be locked out.
   */
  readonly dropOtherKeys?: boolean
  /** Refuse what settings of a previous document would leave as plaintext, unless it was plaintext there already. */
  readonly refuseNewlyOpen?: boolean
}

const DEFAULT: SopsSettings = { rule: null, macOnlyEncrypted: false }
/** What stands for a binary file until its value is put in. */
const BINARY = '{\n\t"data": "x"\n}\n'

/**
 * The SOPS document of a plaintext. Where nothing changed, neither plaintext nor age keys, it is the bytes of the previous
 * one.
 * @throws NixsecretError `format` where the plaintext can't be read as `kind`, or a previous document not be opened;
 * `refused` where SOPS could not hold it without loss: with the line, never with a value
 */
export function encryptSops(plaintext: Uint8Array, kind: SopsKind, options: EncryptSopsOptions): Uint8Array {
  const { dataKey, age, previous = [] } = options
  if (dataKey.length !== 32) throw new TypeError('a data key has 32 bytes')
  if (age.length === 0) throw new NixsecretError('recipient', 'a SOPS document needs a reader')
  const opened = previous.map((one) => openPrevious(one, kind, dataKey))
  for (const [i, one] of opened.entries()) {
    if (one === null || !isSameKeys(one.metadata.age, age)) continue
    const document = previous[i]?.document as Uint8Array
    const key = previous[i]?.dataKey ?? dataKey
    if (asBuffer(key).equals(dataKey) && asBuffer(plainBytes(one, kind)).equals(plaintext)) return document
  }
  const whole = readPlain(plaintext, kind)
  refuseOddLines(
    kind,
    whole,
    opened.flatMap((one) => (one === null ? [] : [one.whole])),
  )
  const first = opened.findIndex((one) => one !== null)
  const base = opened[first] ?? null
  const baseKey = previous[first]?.dataKey
  const isNewKey = baseKey !== undefined && !asBuffer(baseKey).equals(dataKey)
  if (!options.dropOtherKeys) keepOtherKeys(previous, opened, kind, isNewKey)
  const document = seal(whole, kind, { ...options, base, isNewKey, opened })
  const check = openDocument(document, kind, dataKey)
  plainBytes(check, kind)
  return document
}

/** @throws NixsecretError `refused` where master keys that are not of age would be lost */
function keepOtherKeys(
  previous: readonly PreviousDocument[],
  opened: readonly (OpenedDocument | null)[],
  kind: SopsKind,
  isNewKey: boolean,
): void {
  const lost = previous.flatMap(({ document }, i) => {
    if (opened[i] && !isNewKey) return []
    return readSopsMetadata(document, kind)?.otherKeys ?? []
  })
  if (lost.length === 0) return
  const names = [...new Set(lost)].join(' and ')
  throw new NixsecretError(
    'refused',
    `the document would have a new data key, which its ${names} keys do not hold`,
    { hints: ['sops rotate -i FILE'] },
  )
}

function openPrevious(
  previous: PreviousDocument,
  kind: SopsKind,
  dataKey: Uint8Array,
): OpenedDocument | null {
  try {
    return openDocument(previous.document, kind, previous.dataKey ?? dataKey)
  } catch (error) {
    if (error instanceof NixsecretError) return null
    throw error
  }
}

function readPlain(plaintext: Uint8Array, kind: SopsKind): SopsText {
  const format = formatOf(kind)
  if (kind === 'binary') {
    if (plaintext.length > MAX_BINARY)
      throw new NixsecretError('refused', `too large for SOPS (over ${MAX_BINARY >> 20} MiB)`)
    const whole = format.read(plaintext.length === 0 ? BINARY.replace('x', '') : BINARY)
    const data = asBuffer(plaintext)
    return { ...whole, slots: whole.slots.map((slot) => ({ ...slot, value: { type: 'str', data } })) }
  }
  const whole = format.read(decodeText(plaintext, MAX_TEXT))
  if (whole.metadata !== null)
    throw faultAt(
      'refused',
      whole.text,
      whole.metadata.mac.start,
      'a value by the name of sops, which SOPS needs for itself',
    )
  return whole
}

interface Sealing extends EncryptSopsOptions {
  readonly base: OpenedDocument | null
  readonly isNewKey: boolean
  readonly opened: readonly (OpenedDocument | null)[]
}

function seal(whole: SopsText, kind: SopsKind, options: Sealing): Buffer {
  const { base, dataKey, previous = [] } = options
  const format = formatOf(kind)
  const settings = base?.metadata.settings ?? options.settings ?? DEFAULT
  const tree = base?.tree ?? newTree(settings)
  const isEncrypted = ruleOf(tree, kind)
  const kept = new KeptValues(format)
  options.opened.forEach((one, i) => {
    const key = previous[i]?.dataKey
    if (one !== null && (key === undefined || asBuffer(key).equals(dataKey))) kept.add(one)
  })
  const mac = macHash(settings)
  const mayStayOpen = refuseNewlyOpen(options.refuseNewlyOpen ? base : null, whole)
  const edits: Edit[] = []
  for (const slot of whole.slots) {
    const wanted = isEncrypted(slot)
    if (slot.value.type !== 'comment') mac.add(slot.value, wanted, () => broken(whole, slot))
    if (slot.value.data.length === 0) continue
    if (!wanted) {
      mayStayOpen(slot)
      continue
    }
    // What could be read before stays: there is nothing to hide any more, and lines nobody touched don't change.
    if (slot.value.type === 'comment' && kept.hasOpen(slot)) continue
    if (kind !== 'binary' && looksSealed(slot.value.data.toString('latin1', 0, 32).trimStart())) {
      throw faultAt('refused', whole.text, slot.start, 'a value that is encrypted already')
    }
    const sealed = kept.take(slot, whole) ?? sealValue(slot.value, dataKey, pathData(slot.path))
    edits.push({ start: slot.start, end: slot.end, text: format.sealed(slot, sealed, whole) })
  }
  const metadata = metadataText(whole, kind, tree, mac.hex(), options)
  edits.push(...format.insertions(metadata, whole))
  return Buffer.from(
    splice(
      whole.text,
      edits.sort((a, b) => a.start - b.start),
    ),
    'utf8',
  )
}

function metadataText(
  whole: SopsText,
  kind: SopsKind,
  tree: SopsMap,
  hash: string,
  options: Sealing,
): string {
  const { age, base, dataKey } = options
  const isSame = base !== null && !options.isNewKey && isSameKeys(base.metadata.age, age)
  // The time is that of the values: a new blank line leaves both.
  const isOld = base !== null && !options.isNewKey && base.mac === hash
  const lastModified = isOld
    ? base.metadata.lastModified
    : options.lastModified.toISOString().replace(/\.[0-9]+Z$/, 'Z')
  const mac = isOld
    ? base.metadata.mac
    : sealValue(sopsValue('str', hash), dataKey, pathData([macTime(lastModified)]).slice(0, -1))
  const place = base?.whole.metadata
  if (!isSame || !place?.source) {
    const dropOtherKeys = options.isNewKey
    return formatOf(kind).metadataText(changedTree(tree, { age, lastModified, mac, dropOtherKeys }), whole)
  }
  const { source } = place
  const edits = [
    { ...place.lastModified, text: lastModified },
    { ...place.mac, text: mac },
  ].map(({ start, end, text }) => {
    const quote = /^["']/.exec((base as OpenedDocument).whole.text.slice(start, end))?.[0] ?? ''
    return { start: start - source.start, end: end - source.start, text: quote + text + quote }
  })
  const text = base.whole.text.slice(source.start, source.end)
  return splice(
    text,
    edits.sort((a, b) => a.start - b.start),
  )
}

function isSameKeys(before: readonly SopsAgeKey[], now: readonly SopsAgeKey[]): boolean {
  const list = (keys: readonly SopsAgeKey[]) =>
    JSON.stringify(keys.map(({ recipient, enc }) => `${recipient}\n${enc.trim()}`).sort())
  return list(before) === list(now)
}

function broken(whole: SopsText, slot: Slot): NixsecretError {
  return faultAt('refused', whole.text, slot.start, 'a value that SOPS can not hold')
}
