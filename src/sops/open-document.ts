import { createHash, timingSafeEqual } from 'node:crypto'
import { NixsecretError } from '../errors.ts'
import { asBuffer } from './as-buffer.ts'
import { faultAt, MAX_TEXT, type Slot, type SopsText } from './document.ts'
import { encryptedPaths } from './encrypted-paths.ts'
import { formatOf } from './format-of.ts'
import { toMetadata } from './metadata-tree.ts'
import { looksSealed, openValue, pathData } from './sealed-value.ts'
import type { SopsKind } from './sops-kind.ts'
import type { SopsMetadata, SopsSettings } from './sops-types.ts'
import { canonicalData, type SopsValue } from './sops-value.ts'
import type { SopsMap } from './tree.ts'

/** Bytes of the largest binary file. */
export const MAX_BINARY = 32 << 20
/** `echo -n sops | sha256sum`: what a MAC over encrypted values alone begins with. */
const ONLY_ENCRYPTED = Buffer.from('8a3fd2ad54ce66527b1034f3d147be0b0b975b3bf44f72c6fdadec8176f27d69', 'hex')

/** A document whose values and MAC have been verified. */
export interface OpenedDocument {
  readonly whole: SopsText
  readonly metadata: SopsMetadata
  readonly tree: SopsMap
  /** Of each slot. */
  readonly values: readonly SopsValue[]
  /** Of each slot, whether its value is encrypted. */
  readonly isSealed: readonly boolean[]
  /** What the MAC says, in hex. */
  readonly mac: string
}

/**
 * Opens a document and verifies it.
 * @throws NixsecretError `format`, `refused`
 */
export function openDocument(document: Uint8Array, kind: SopsKind, dataKey: Uint8Array): OpenedDocument {
  const whole = formatOf(kind).read(decodeText(document, kind === 'binary' ? 2 * MAX_BINARY : MAX_TEXT))
  if (whole.metadata === null) throw new NixsecretError('format', 'no SOPS document')
  const { tree } = whole.metadata
  const metadata = toMetadata(tree)
  if (metadata.keyGroups > 1)
    throw new NixsecretError(
      'refused',
      'the data key is split among groups of keys, which is not supported',
      {
        hints: ['sops updatekeys FILE'],
      },
    )
  const isEncrypted = ruleOf(tree, kind)
  const mac = macHash(metadata.settings)
  const isSealed: boolean[] = []
  const values = whole.slots.map((slot) => {
    const wanted = isEncrypted(slot)
    const value = wanted ? open(slot, whole, dataKey) : slot.value
    isSealed.push(wanted && value !== slot.value)
    if (slot.value.type !== 'comment') mac.add(value, wanted, () => altered(whole, slot))
    return value
  })
  const said = openValue(metadata.mac, dataKey, macTime(metadata.lastModified))?.data
  const found = Buffer.from(mac.hex(), 'latin1')
  if (said === undefined || said.length !== found.length || !timingSafeEqual(said, found))
    throw new NixsecretError('format', 'SOPS document: altered (its MAC does not fit)')
  return { whole, metadata, tree, values, isSealed, mac: mac.hex() }
}

function open(slot: Slot, whole: SopsText, dataKey: Uint8Array): SopsValue {
  const sealed = slot.value.data.toString('utf8')
  for (const path of [slot.path, ...(slot.otherPaths ?? [])]) {
    const value = openValue(sealed, dataKey, pathData(path))
    if (value !== null && (value.type === 'comment') === (slot.value.type === 'comment')) return value
  }
  // As with SOPS: older versions did not encrypt comments, and people write new ones between.
  if (slot.value.type === 'comment') return slot.value
  throw altered(whole, slot)
}

function altered(whole: SopsText, slot: Slot): NixsecretError {
  const isSealed = slot.value.type === 'str' && looksSealed(slot.value.data.toString('latin1', 0, 32))
  const what = isSealed ? 'does not open: damaged, or moved here' : 'should be encrypted, and is not'
  return faultAt('format', whole.text, slot.start, `SOPS value that ${what}`)
}

/**
 * Which slots SOPS encrypts.
 * @throws NixsecretError `refused` for a setting that can't be evaluated
 */
export function ruleOf(tree: SopsMap, kind: SopsKind): (slot: Slot) => boolean {
  const { rule } = toMetadata(tree).settings
  const needsComments = rule?.name.includes('comment') ?? false
  // In INI, SOPS lets a comment count for what comes after the value that it stands before.
  const isEncrypted = needsComments && kind === 'ini' ? null : encryptedPaths(tree)
  if (isEncrypted === null)
    throw new NixsecretError('refused', `SOPS setting ${rule?.name ?? ''} that can not be evaluated here`)
  return (slot) => {
    try {
      return isEncrypted(slot.path, needsComments ? slot.comments() : [], slot.value.type === 'comment')
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      throw new NixsecretError('refused', 'SOPS document with too many names, or too long ones')
    }
  }
}

/** The MAC over values, as they come in the document. */
export function macHash({ macOnlyEncrypted }: SopsSettings) {
  const hash = createHash('sha512')
  if (macOnlyEncrypted) hash.update(ONLY_ENCRYPTED)
  let hex: string | null = null
  return {
    add(value: SopsValue, isEncrypted: boolean, fault: () => NixsecretError): void {
      if (macOnlyEncrypted && !isEncrypted) return
      const data = canonicalData(value)
      if (data === null) throw fault()
      hash.update(data)
    },
    hex(): string {
      hex ??= hash.digest('hex').toUpperCase()
      return hex
    },
  }
}

/** What the MAC is bound to: the time, as Go writes it. */
export function macTime(lastModified: string): string {
  return lastModified.replace(/\.[0-9]+/, '').replace(/[+-]00:00$/, 'Z')
}

/** @throws NixsecretError where it is no UTF-8, or too large */
export function decodeText(bytes: Uint8Array, max: number): string {
  if (bytes.length > max) throw new NixsecretError('refused', `too large for SOPS (over ${max >> 20} MiB)`)
  const text = asBuffer(bytes).toString('utf8')
  if (!Buffer.from(text, 'utf8').equals(bytes)) throw new NixsecretError('format', 'text that is not UTF-8')
  return text
}
