import { canonicalData, type SopsValue } from '../sops-value.ts'

/** A value in a file that has nothing but text, as SOPS puts it there (`ValToString`); null where it is no text. */
export function textOf(value: SopsValue): string | null {
  const canonical = canonicalData(value)
  if (canonical === null) return null
  if (value.type === 'bool') return canonical.toString('latin1').toLowerCase()
  const text = value.data.toString('utf8')
  return Buffer.from(text, 'utf8').equals(value.data) ? text : null
}
