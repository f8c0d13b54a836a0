import { formatFloat, formatTime, parseBool, parseFloat64, parseInt64 } from './go-scalar.ts'

const TYPES = ['str', 'int', 'float', 'bool', 'bytes', 'time', 'comment'] as const
export type SopsType = (typeof TYPES)[number]

/** A value as SOPS encrypts it: its type, and its text. */
export interface SopsValue {
  readonly type: SopsType
  /** UTF-8; of `str` and `bytes` any bytes. */
  readonly data: Buffer
}

export function isSopsType(text: string): text is SopsType {
  return (TYPES as readonly string[]).includes(text)
}

/** A value of text. */
export function sopsValue(type: SopsType, text: string): SopsValue {
  return { type, data: Buffer.from(text, 'utf8') }
}

/**
 * The text by which SOPS knows a value, whatever way it is spelt: what goes into the MAC (`ToBytes` of
 * https://github.com/getsops/sops/blob/main/sops.go).
 * @returns null where it is no value of its type
 */
export function canonicalData({ type, data }: SopsValue): Buffer | null {
  const text = data.toString('latin1')
  const known = canonicalText(type, text)
  return known === undefined ? data : known === null ? null : Buffer.from(known, 'latin1')
}

function canonicalText(type: SopsType, text: string): string | null | undefined {
  if (type === 'int') return parseInt64(text)?.toString() ?? null
  if (type === 'float') {
    const value = parseFloat64(text)
    return value === null ? null : formatFloat(value)
  }
  if (type === 'bool') {
    const value = parseBool(text)
    return value === null ? null : value ? 'True' : 'False'
  }
  return type === 'time' ? formatTime(text, false) : undefined
}
