const INT64_MAX = 2n ** 63n - 1n
const INT64_MIN = -(2n ** 63n)
const DECIMAL = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/
/** Longer numbers are no numbers. */
const MAX_LENGTH = 1024
const TIME =
  /^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:([Tt ])([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:\.([0-9]{1,9}))?(Z|[+-][0-9]{2}:[0-9]{2})?)?$/
const STRICT_TIME =
  /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})$/

/** `strconv.Atoi` on 64 bits; null where it fails. */
export function parseInt64(text: string): bigint | null {
  if (text.length > MAX_LENGTH || !/^[+-]?[0-9]+$/.test(text)) return null
  return within(BigInt(text.replace('+', '')))
}

/** `strconv.ParseInt(text, 0, 64)`: with prefixes, a leading zero meaning octal; `large` where only a uint64 holds it. */
export function parseAnyInt(text: string): bigint | 'large' | null {
  const match = /^([+-]?)(?:(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+)|0([0-7]+)|([1-9][0-9]*|0))$/.exec(text)
  if (match === null || text.length > MAX_LENGTH) return null
  const digits = match[2] ?? (match[3] === undefined ? (match[4] as string) : `0o${match[3]}`)
  const number = BigInt(digits)
  const value = within(match[1] === '-' ? -number : number)
  return value ?? (match[1] === '' && number < 2n ** 64n ? 'large' : null)
}

function within(value: bigint): bigint | null {
  return value > INT64_MAX || value < INT64_MIN ? null : value
}

/** `strconv.ParseFloat`, decimal only; null where it fails. */
export function parseFloat64(text: string): number | null {
  if (text.length > MAX_LENGTH) return null
  if (/^[+-]?inf(?:inity)?$/i.test(text))
    return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  if (/^nan$/i.test(text)) return Number.NaN
  const value = DECIMAL.test(text) ? Number(text) : Number.POSITIVE_INFINITY
  return Number.isFinite(value) ? value : null
}

/** `strconv.FormatFloat(value, 'f', -1, 64)` */
export function formatFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const text = String(Math.abs(value))
  const match = /^([0-9])(?:\.([0-9]+))?e([+-][0-9]+)$/.exec(text)
  if (match === null) return sign + text
  const digits = (match[1] as string) + (match[2] ?? '')
  const exponent = Number(match[3])
  return exponent > 0
    ? sign + digits.padEnd(exponent + 1, '0')
    : `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
}

/** `strconv.ParseBool` */
export function parseBool(text: string): boolean | null {
  if (/^(?:1|t|T|TRUE|true|True)$/.test(text)) return true
  return /^(?:0|f|F|FALSE|false|False)$/.test(text) ? false : null
}

/**
 * A time as `MarshalText` writes it (RFC 3339, no zeros at the end of the fraction).
 * @param loose also what YAML takes for one: `2001-1-2`, `2001-1-2 3:4:5`
 * @returns null where it is none
 */
export function formatTime(text: string, loose: boolean): string | null {
  const match = TIME.exec(text)
  if (match === null || !(loose || STRICT_TIME.test(text))) return null
  const [, year, month, day, between, hour = '0', minute = '0', second = '0', fraction = '', zone] = match
  // With a zone or without: each of the two has its own letter between date and time.
  if (between !== undefined && (between === ' ') !== (zone === undefined)) return null
  const two = (part: string | undefined) => (part ?? '').padStart(2, '0')
  const date = `${year}-${two(month)}-${two(day)}`
  const real = new Date(`${date}T00:00:00Z`)
  if (Number.isNaN(real.getTime()) || real.toISOString().slice(0, 10) !== date) return null
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null
  if (zone !== undefined && zone !== 'Z' && !/^[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]$/.test(zone)) return null
  const rest = fraction.replace(/0+$/, '')
  const offset = zone === undefined || zone.endsWith('00:00') ? 'Z' : zone
  return `${date}T${two(hour)}:${two(minute)}:${two(second)}${rest === '' ? '' : `.${rest}`}${offset}`
}
