const QUOTE = 0x22
// What a Nix string would read otherwise: a carriage return by itself becomes a line feed, `${` begins an expression.
const ESCAPES = new Map([
  [QUOTE, '\\"'],
  [0x5c, '\\\\'],
  [0x24, '\\$'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x09, '\\t'],
])

/**
 * A Nix expression, one line of it, that evaluates to just these bytes: a string in double quotes
 * (https://nix.dev/manual/nix/latest/language/string-literals). Bytes that are no UTF-8 stand as they are: Nix
 * reads strings byte by byte.
 * @returns null where Nix has no such string: one with a NUL in it
 */
export function nixString(bytes: Uint8Array): Buffer | null {
  if (bytes.includes(0)) return null
  const pieces: Buffer[] = [Buffer.of(QUOTE)]
  let start = 0
  for (const [at, byte] of bytes.entries()) {
    const escaped = ESCAPES.get(byte)
    if (escaped === undefined) continue
    pieces.push(Buffer.from(bytes.subarray(start, at)), Buffer.from(escaped))
    start = at + 1
  }
  return Buffer.concat([...pieces, Buffer.from(bytes.subarray(start)), Buffer.of(QUOTE)])
}
