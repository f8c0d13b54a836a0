import { formatFloat, formatTime, parseAnyInt, parseFloat64, parseInt64 } from '../go-scalar.ts'
import { canonicalData, type SopsValue, sopsValue } from '../sops-value.ts'

const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/
const NULL = new Set(['', '~', 'null', 'Null', 'NULL'])
const BOOL = /^(?:true|True|TRUE|false|False|FALSE)$/
const INFINITE = /^([-+]?)\.(?:inf|Inf|INF)$/

/** What a plain scalar is: a value, null, or one that SOPS would change (`octal`) or can't hold (`large`). */
export type Plain = SopsValue | 'null' | 'octal' | 'large'

/**
 * What the YAML library of SOPS takes a plain scalar for
 * (`resolve` of https://github.com/yaml/go-yaml/blob/v3/resolve.go): a mixture of YAML 1.1 and 1.2.
 *
 * Numbers and booleans keep their spelling, where SOPS reads the same value from it.
 */
export function resolvePlain(text: string): Plain {
  if (NULL.has(text)) return 'null'
  if (BOOL.test(text)) return sopsValue('bool', text === 'true' ? 'True' : text === 'false' ? 'False' : text)
  if (/^\.(?:nan|NaN|NAN)$/.test(text)) return sopsValue('float', 'NaN')
  const infinite = INFINITE.exec(text)
  if (infinite !== null) return sopsValue('float', infinite[1] === '-' ? '-Inf' : '+Inf')
  if (text.startsWith('.')) return asFloat(text) ?? sopsValue('str', text)
  return (/^[-+0-9]/.test(text) ? asNumber(text) : null) ?? sopsValue('str', text)
}

function asNumber(text: string): Plain | null {
  const time = formatTime(text, true)
  if (time !== null) {
    const value = sopsValue('time', text)
    return canonicalData(value) === null ? sopsValue('time', time) : value
  }
  const digits = text.replaceAll('_', '')
  const int = parseAnyInt(digits)
  if (int === 'large') return 'large'
  if (int !== null) {
    if (/^[+-]?0[0-7]+$/.test(digits) && int !== parseInt64(digits)) return 'octal'
    return sopsValue('int', parseInt64(text) === int ? text : int.toString())
  }
  return FLOAT.test(digits) ? asFloat(digits) : null
}

function asFloat(text: string): SopsValue | null {
  const value = parseFloat64(text)
  return value === null || !Number.isFinite(value) ? null : sopsValue('float', text)
}

/** The plain scalar of a value that is not text; null where its data is none. */
export function plainScalar(value: SopsValue): string | null {
  const canonical = canonicalData(value)
  if (canonical === null) return null
  const text = value.data.toString('latin1')
  if (value.type === 'bool')
    return text === 'True' || text === 'False' ? text.toLowerCase() : spelt(value, text)
  if (value.type === 'float') {
    const number = parseFloat64(text) as number
    if (Number.isNaN(number)) return '.nan'
    if (!Number.isFinite(number)) return number > 0 ? '.inf' : '-.inf'
    const shown = formatFloat(number)
    return spelt(value, text) ?? (/[.e]/.test(shown) ? shown : `${shown}.0`)
  }
  return spelt(value, text) ?? canonical.toString('latin1')
}

/** The text, where it reads as that very value; for booleans the canonical form as the last resort. */
function spelt(value: SopsValue, text: string): string | null {
  const read = resolvePlain(text)
  if (typeof read !== 'string' && read.type === value.type && read.data.equals(value.data)) return text
  if (value.type !== 'bool') return null
  return canonicalData(value)?.toString('latin1').toLowerCase() ?? null
}
