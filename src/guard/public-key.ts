// One key a line, as in authorized_keys; a comment may follow.
const KEY_LINE =
  /^(?:(?:ssh-(?:ed25519|rsa|dss)|ecdsa-sha2-nistp\d{3}|sk-[\w@.-]{1,60}) [A-Za-z0-9+/=]{40,}(?: [^\r\n]*)?|age1[a-z0-9]{20,}|[A-Za-z0-9+/]{43}=)$/
const PEM_BEGIN = /^-----BEGIN ((?:[A-Z0-9]+ )*PUBLIC KEY(?: BLOCK)?|(?:TRUSTED )?CERTIFICATE)-----$/

/** Whether a file holds public keys (SSH, age, WireGuard, PEM, PGP) or certificates, and comments, and nothing else. */
export function isPublicKey(content: Buffer): boolean {
  const lines = content
    .toString('latin1')
    .split(/\r?\n/)
    .filter((line) => line !== '' && !line.startsWith('#'))
  if (lines.length === 0) return false
  let inside: string | null = null
  for (const line of lines) {
    const begin = PEM_BEGIN.exec(line)?.[1]
    if (inside !== null) {
      if (line === `-----END ${inside}-----`) inside = null
      else if (!/^(?:[A-Za-z0-9+/=]{1,80}|[A-Z][A-Za-z-]{1,30}: [ -~]{0,200})$/.test(line)) return false
    } else if (begin !== undefined) inside = begin
    else if (!KEY_LINE.test(line)) return false
  }
  return inside === null
}
