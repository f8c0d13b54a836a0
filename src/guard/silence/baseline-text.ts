import { type BytePath, pathBytes, textPath } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { isRuleId } from '../../policy/rule-ids.ts'
import { BASELINE_FILE, Baseline, type BaselineEntry } from './baseline.ts'
import { keyOf } from './fingerprint.ts'

/** Most bytes of a baseline. */
const LARGEST = 8 << 20
const MOST = 100_000
const KEYS = ['rule', 'path', 'pathHex', 'subject', 'blob', 'count']

/** The text of a baseline: one finding a line, sorted, so that two branches that each add some merge. */
export function baselineText(baseline: Baseline): string {
  const lines = baseline.entries.map((entry) => `    ${line(entry)}`)
  const findings = lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n  ]`
  const text = `{\n  "version": 1,\n  "findings": ${findings}\n}\n`
  if (lines.length > MOST || Buffer.byteLength(text) > LARGEST)
    throw fault(`would hold more than ${MOST} findings or ${LARGEST} bytes; mend or allow some first`)
  return text
}

/**
 * Reads a baseline.
 * @throws NixsecretError `policy` for anything that {@link baselineText} would not write, but for order and spaces
 */
export function parseBaseline(content: Uint8Array): Baseline {
  if (content.length > LARGEST) throw fault(`is larger than ${LARGEST} bytes`)
  const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('utf8')
  if (/^(<{7}|>{7}|\|{7}) /m.test(text)) throw fault('has conflict markers of a merge')
  const { version, findings, ...rest } = asObject(parseJson(text), 'it')
  if (version !== 1) throw fault('has no "version": 1, which is the one that this git-nixsecret knows')
  if (Object.keys(rest).length > 0 || !Array.isArray(findings))
    throw fault('must have "version" and a list "findings", and nothing else')
  if (findings.length > MOST) throw fault(`has more than ${MOST} findings`)
  const entries = findings.map((value, i) => parseEntry(asObject(value, `finding ${i + 1}`), i + 1))
  if (new Set(entries.map(keyOf)).size < entries.length) throw fault('has a finding twice')
  return new Baseline(entries)
}

function parseEntry(value: Record<string, unknown>, number: number): BaselineEntry {
  const wrong = (what: string) => fault(`finding ${number} ${what}`)
  const { rule, subject, blob, count } = value
  if (Object.keys(value).some((key) => !KEYS.includes(key))) throw wrong('has a key that is not known')
  if (typeof rule !== 'string' || !isRuleId(rule)) throw wrong('has no "rule" that is known')
  const path = parsePath(value.path, value.pathHex)
  if (path === null) throw wrong('has no "path" that can be one')
  if (typeof blob === 'string' && subject === undefined && count === undefined) {
    if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(blob)) throw wrong('has a "blob" that is no object id')
    return { rule, path, about: 'blob', value: blob, count: 1 }
  }
  if (typeof subject !== 'string' || blob !== undefined)
    throw wrong('must have either "blob", or "subject" and "count"')
  if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 1)
    throw wrong('has no "count" of 1 or more')
  return { rule, path, about: 'subject', value: subject, count }
}

function parsePath(path: unknown, hex: unknown): BytePath | null {
  if (typeof path === 'string' && path !== '' && hex === undefined) {
    const bytes = textPath(path)
    // Half a character would become another one.
    return textOf(bytes) === path ? bytes : null
  }
  if (path !== undefined || typeof hex !== 'string' || !/^([0-9a-f]{2})+$/.test(hex)) return null
  const bytes = Buffer.from(hex, 'hex').toString('latin1') as BytePath
  // Each path has one way to be written.
  return textOf(bytes) === null ? bytes : null
}

function line({ rule, path, about, value, count }: BaselineEntry): string {
  const text = textOf(path)
  const where = text === null ? { pathHex: pathBytes(path).toString('hex') } : { path: text }
  const what = about === 'blob' ? { blob: value } : { subject: value, count }
  const pairs = Object.entries({ rule, ...where, ...what }).map(([key, v]) => `"${key}": ${json(v)}`)
  return `{ ${pairs.join(', ')} }`
}

/** Controls, format characters and the like are escaped: nothing in the file can steer a terminal, or hide. */
function json(value: string | number): string {
  return JSON.stringify(value).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (char) =>
    [...Array(char.length).keys()]
      .map((i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`)
      .join(''),
  )
}

/** Null where the bytes are no UTF-8. */
function textOf(path: BytePath): string | null {
  const text = pathBytes(path).toString('utf8')
  return textPath(text) === path ? text : null
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not kept as the cause: its message repeats the text.
    throw fault('is not valid JSON')
  }
}

function asObject(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  throw fault(`does not parse: ${what} must be an object`)
}

function fault(what: string): NixsecretError {
  return new NixsecretError('policy', `${BASELINE_FILE} ${what}`, {
    hints: ['git nixsecret check --write-baseline'],
  })
}
