import { NixsecretError } from '../errors.ts'
import { faultAt, splice } from './document.ts'
import { formatOf } from './format-of.ts'
import { type OpenedDocument, openDocument } from './open-document.ts'
import type { SopsKind } from './sops-kind.ts'
import { canonicalData, type SopsValue } from './sops-value.ts'

/**
 * The plaintext of a SOPS document. Everything is verified before anything is returned: each value, and the MAC over
 * all of them.
 * @param dataKey 32 bytes
 * @throws NixsecretError `format` where it is no SOPS document, or damaged, or altered, `refused` where it can't be
 * given back without loss; never with a value
 */
export function decryptSops(document: Uint8Array, kind: SopsKind, dataKey: Uint8Array): Uint8Array {
  return plainBytes(openDocument(document, kind, dataKey), kind)
}

/** The plaintext of an opened document. */
export function plainBytes({ whole, values, isSealed }: OpenedDocument, kind: SopsKind): Uint8Array {
  if (kind === 'binary') return binaryValue({ whole, values })
  const format = formatOf(kind)
  const edits = whole.slots.flatMap((slot, i) => {
    const value = values[i]
    if (value === undefined || !isSealed[i]) return []
    const text = format.opened(slot, value, whole)
    if (text === null)
      throw faultAt('refused', whole.text, slot.start, `a value that a ${kind} file can not hold as it is`)
    return [{ start: slot.start, end: slot.end, text }]
  })
  const all = [...edits, ...whole.removed.map((span) => ({ ...span, text: '' }))]
  const text = splice(
    whole.text,
    all.sort((a, b) => a.start - b.start),
  )
  verify(text, { whole, values }, kind)
  return Buffer.from(text, 'utf8')
}

/** What was written must read as what was meant: nothing is to be lost by the way it is written. */
function verify(
  text: string,
  { whole, values }: Pick<OpenedDocument, 'whole' | 'values'>,
  kind: SopsKind,
): void {
  const { slots, metadata } = formatOf(kind).read(text)
  const isSame =
    metadata === null &&
    slots.length === values.length &&
    slots.every((slot, i) => {
      const [before, value] = [whole.slots[i], values[i]]
      const isThere = before !== undefined && before.path.join('\0') === slot.path.join('\0')
      return isThere && value !== undefined && readsAs(slot.value, value, kind)
    })
  if (!isSame) throw new NixsecretError('refused', `a ${kind} file could not hold these values as they are`)
}

function readsAs(read: SopsValue, meant: SopsValue, kind: SopsKind): boolean {
  const [isText, wasText] = [read, meant].map(({ type }) => type === 'str' || type === 'bytes')
  // Files of text alone, and times in JSON: nothing tells them from text.
  if (isText && !wasText && kind !== 'yaml') return true
  const isNumber = [read, meant].every(({ type }) => type === 'int' || type === 'float')
  const isSameType = read.type === meant.type || (isText && wasText) || (kind === 'json' && isNumber)
  const data = canonicalData(meant)
  return isSameType && data !== null && canonicalData(read)?.equals(data) === true
}

function binaryValue({ whole, values }: Pick<OpenedDocument, 'whole' | 'values'>): Uint8Array {
  const [value] = values
  const isOne = whole.slots.length === 1 && whole.slots[0]?.path.join('\0') === 'data'
  if (isOne && (value?.type === 'str' || value?.type === 'bytes')) return value.data
  if (whole.slots.length === 0 && /^\s*\{\s*"data":\s*""/.test(whole.text)) return Buffer.alloc(0)
  throw new NixsecretError('format', 'SOPS document of a binary file without its data')
}
