import { displayText } from '../../byte-path.ts'

/** The end of a key tells keys apart, its beginning is the same for all of a type. */
export function shortKey(key: string): string {
  const [type = '', base64] = key.trim().split(/\s+/)
  const text = base64 ?? type
  return displayText(text.length <= 24 ? text : `…${text.slice(-20)}`)
}
