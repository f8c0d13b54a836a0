const P = 2n ** 255n - 19n
/** d of Edwards25519 (RFC 8032, section 5.1), −121665/121666. */
const D = mod(-121665n * power(121666n, P - 2n))

/**
 * The Montgomery u-coordinate of an Ed25519 public key, u = (1 + y) / (1 − y) (RFC 7748, section 4.1).
 * Some 0.3 ms: once a key. Not in constant time, and it need not be: the key is public.
 * @param key 32 bytes
 * @returns null where the bytes are not the one encoding of a point of the curve
 */
export function montgomeryPoint(key: Buffer): Buffer | null {
  const bytes = Buffer.from(key).reverse()
  const sign = (bytes[0] as number) >> 7
  bytes[0] = (bytes[0] as number) & 0x7f
  const y = BigInt(`0x${bytes.toString('hex')}`)
  if (y >= P || y === 1n) return null
  // x² = (y² − 1) / (d y² + 1) must be a square (RFC 8032, section 5.1.3).
  const y2 = mod(y * y)
  const x2 = mod((y2 - 1n) * power(mod(D * y2 + 1n), P - 2n))
  if (x2 === 0n ? sign === 1 : power(x2, (P - 1n) / 2n) !== 1n) return null
  const u = mod((1n + y) * power(mod(1n - y), P - 2n))
  return Buffer.from(u.toString(16).padStart(64, '0'), 'hex').reverse()
}

function mod(value: bigint): bigint {
  const rest = value % P
  return rest < 0n ? rest + P : rest
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (let b = mod(base), e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) result = mod(result * b)
    b = mod(b * b)
  }
  return result
}
