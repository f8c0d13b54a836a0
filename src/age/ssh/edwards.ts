const P = 2n ** 255n - 19n
/** d of Edwards25519 (RFC 8032, section 5.1), −121665/121666. */
const D = 0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n

/**
 * The Montgomery u-coordinate of an Ed25519 public key, u = (1 + y) / (1 − y) (RFC 7748, section 4.1).
 * Some 0.1 ms: once a key. Not in constant time, and it need not be: the key is public.
 * @param key 32 bytes
 * @returns null where the bytes are not the one encoding of a point of the curve
 */
export function montgomeryPoint(key: Buffer): Buffer | null {
  const bytes = Buffer.from(key).reverse()
  const sign = (bytes[0] as number) >> 7
  bytes[0] = (bytes[0] as number) & 0x7f
  const y = BigInt(`0x${bytes.toString('hex')}`)
  if (y >= P || y === 1n) return null
  // x² = (y² − 1) / (d y² + 1) must be a square (RFC 8032, section 5.1.3); the product is one when the quotient is.
  const y2 = (y * y) % P
  const x2 = ((y2 - 1n + P) * (D * y2 + 1n)) % P
  if (x2 === 0n ? sign === 1 : !isSquare(x2)) return null
  const u = ((1n + y) * inverse(1n - y + P)) % P
  return Buffer.from(u.toString(16).padStart(64, '0'), 'hex').reverse()
}

/** x^((p − 1) / 2) is 1 (Euler); (p − 1) / 2 = 4 (2^252 − 3) + 2. */
function isSquare(x: bigint): boolean {
  return (squared(power(x), 2) * x * x) % P === 1n
}

/** x^(p − 2) (Fermat); p − 2 = 8 (2^252 − 3) + 3. */
function inverse(x: bigint): bigint {
  return (squared(power(x), 3) * x * x * x) % P
}

/** x^(2^252 − 3), by way of x^(2^n − 1) for growing n: half the products of plain square and multiply. */
function power(x: bigint): bigint {
  const grow = (a: bigint, n: number, b = a) => (squared(a, n) * b) % P
  const x2 = grow(x, 1)
  const x4 = grow(x2, 2)
  const x5 = grow(x4, 1, x)
  const x10 = grow(x5, 5)
  const x20 = grow(x10, 10)
  const x40 = grow(x20, 20)
  const x50 = grow(x40, 10, x10)
  const x100 = grow(x50, 50)
  const x200 = grow(x100, 100)
  return grow(grow(x200, 50, x50), 2, x)
}

/** x^(2^times) */
function squared(x: bigint, times: number): bigint {
  let result = x
  for (let i = 0; i < times; i++) result = (result * result) % P
  return result
}
