/** A text of a secret that tells it from other files. */
export interface TellingText {
  /** One character a byte. */
  readonly text: string
  /** In which line of the secret, from 1; null for a piece of a binary file. */
  readonly line: number | null
  /** Too short or too common to be looked for inside of other text: only as the whole value of an attribute. */
  readonly alone: boolean
  /** A part of a line. */
  readonly isValue: boolean
  /** By its name, or because there is nothing else, this is what must stay secret. */
  readonly isSecret: boolean
}

/** What there is to look for in a secret, line by line. */
export interface TellingTexts {
  readonly texts: readonly TellingText[]
  /** Lines (or values) that say too little to be looked for at all. */
  readonly left: number
  /** Whether there was more than is looked at. */
  readonly cut: boolean
}

/** Bytes that a text must have to be looked for inside of other text. */
export const SHORTEST = 8
const SHORTEST_ALONE = 4
/** Texts taken of one secret. */
const MOST = 4000
const LONGEST_LINE = 1 << 16
/** Bytes of a piece of a binary file. */
const PIECE = 32

/** Parts of keys that all keys of a kind have: their armor, and name, cipher and lengths of an OpenSSH private key. */
const ARMOR = [/^-----(BEGIN|END) [\w ]+-----$/, /^b3BlbnNzaC1rZXktdjE/]
const BOILERPLATE = [
  ...ARMOR,
  /^#!/,
  /^\[[\w .:"'-]*\]$/,
  // A name without a value; unlike base64, which may end in `=`, too, it has no digits and no mixed case.
  /^["']?([A-Z][A-Z_]{0,60}|[a-z][a-z_. -]{0,60}|[A-Za-z][a-z]+([A-Z][a-z]+)*)["']?\s*[:=]\s*[[{|>"'-]*$/,
  /^<[/?!]?[\w:. -]+[/?]?>[,;]?$/,
]
/** Names of values that are secrets as a rule. */
const SECRET_NAME =
  /^(?!.*pub).*(pass|pwd|secret|token|key|pin$|auth|psk|cred|priv|salt|seed|hash|cookie|session|bearer)/i
const ASSIGNMENT = /^(?:export |- |[#;] ?)?["']?([\w./ -]{1,64}?)["']?\s*(?::=|=>|[:=])\s*(.*)$/
const STRING = /"((?:[^"\\]|\\.){4,4096})"/g

/** The texts of a secret by which a copy of a part of it is known. Never throws. */
export function tellingTexts(bytes: Buffer): TellingTexts {
  if (bytes.includes(0)) return binaryPieces(bytes)
  const found = new Map<string, TellingText>()
  const lines = bytes.toString('latin1').split('\n')
  const single = lines.filter((line) => line.trim() !== '').length === 1
  let left = 0
  let cut = false
  for (const [index, whole] of lines.entries()) {
    const line = whole.slice(0, LONGEST_LINE).trim()
    if (whole.length > LONGEST_LINE) cut = true
    if (line === '') continue
    const texts = lineTexts(line, index + 1, single)
    if (texts.length === 0) left++
    for (const text of texts) {
      if (found.size >= MOST) cut = true
      else if (!found.has(text.text)) found.set(text.text, text)
    }
  }
  return { texts: [...found.values()], left, cut }
}

function lineTexts(line: string, number: number, single: boolean): TellingText[] {
  if (!single && isBoilerplate(line)) return []
  const [, name, rest] = ASSIGNMENT.exec(line) ?? []
  const isSecret = single || (name !== undefined && SECRET_NAME.test(name))
  const values = new Set<string>()
  if (rest !== undefined) values.add(unquoted(rest))
  for (const [quoted, inner = ''] of line.matchAll(STRING)) {
    values.add(inner)
    for (const part of fromJson(quoted).split('\n')) values.add(part.trim())
  }
  values.delete('')
  values.delete(line)
  const found: TellingText[] = []
  const add = (text: string, isValue: boolean) => {
    const alone = text.length < SHORTEST || isCommon(text, isSecret)
    if (!alone || (isSecret && text.length >= SHORTEST_ALONE))
      found.push({ text, line: number, alone, isValue, isSecret })
  }
  for (const value of values) if (!isArmor(value)) add(value, true)
  // Of "type: Opaque" the store may be full; a line says something if one of its values does.
  if (values.size === 0 || found.length > 0 || isSecret) add(line, false)
  return found
}

function unquoted(text: string): string {
  const bare = text.replace(/[,;]\s*$/, '').trim()
  return /^(["']).*\1$/.test(bare) && bare.length > 1 ? bare.slice(1, -1) : bare
}

function fromJson(quoted: string): string {
  try {
    return JSON.parse(quoted) as string
  } catch {
    return ''
  }
}

function isArmor(text: string): boolean {
  return new Set(text).size < 4 || ARMOR.some((pattern) => pattern.test(text))
}

function isBoilerplate(text: string): boolean {
  return isArmor(text) || BOILERPLATE.some((pattern) => pattern.test(text))
}

/** Whether a text may well stand in files that have nothing to do with the secret. */
function isCommon(text: string, isSecret: boolean): boolean {
  if (/^[a-z]{0,11}$/i.test(text) || /^[\d.:/ -]{0,11}$/.test(text)) return true
  if (isSecret) return false
  if (/^(~|\.{0,2})\/[\w./-]*$/.test(text) || /^[\d.:/ -]{0,18}$/.test(text)) return true
  return text.length < 20 && /^[a-z]+([-_./: ][a-z]+)*$/i.test(text)
}

function binaryPieces(bytes: Buffer): TellingTexts {
  const texts: TellingText[] = []
  for (const part of [1, 2, 3]) {
    const start = Math.floor((bytes.length * part) / 4)
    const piece = bytes.subarray(start, start + PIECE)
    if (piece.length === PIECE && new Set(piece).size >= 12)
      texts.push({ text: piece.toString('latin1'), line: null, alone: false, isValue: false, isSecret: true })
  }
  return { texts, left: texts.length === 0 ? 1 : 0, cut: false }
}
