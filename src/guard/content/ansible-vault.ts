const MAX_SIZE = 64 << 20
const HEADER = /^\$ANSIBLE_VAULT;(?:1\.1;AES256|1\.2;AES256;[\w.@-]{1,64})[ \t]*$/
/** Hex digits of a full line. */
const COLUMNS = 80
const BLOCK = 16

/**
 * Whether the file is an Ansible vault and nothing else
 * (https://docs.ansible.com/ansible/latest/vault_guide/vault_using_encrypted_content.html#ansible-vault-payload-format-1-1-1-2):
 * a header line, then, in hex lines, the hex of salt, HMAC and ciphertext, one a line. CRLF is allowed.
 * @returns false on any doubt
 */
export function isAnsibleVault(bytes: Buffer): boolean {
  if (bytes.length > MAX_SIZE || bytes[0] !== 0x24) return false
  const lines = bytes.toString('latin1').trimEnd().split(/\r?\n/)
  if (!HEADER.test(lines.shift() as string)) return false
  const full = lines.slice(0, -1).every((line) => line.length === COLUMNS)
  const hex = lines.join('')
  if (!full || (lines.at(-1)?.length ?? 0) > COLUMNS || !isHex(hex)) return false
  const parts = Buffer.from(hex, 'hex').toString('latin1').split('\n')
  const [salt = '', mac = '', data = ''] = parts
  return (
    parts.length === 3 &&
    parts.every(isHex) &&
    salt.length === 64 &&
    mac.length === 64 &&
    data.length > 0 &&
    data.length % (2 * BLOCK) === 0
  )
}

function isHex(text: string): boolean {
  return text.length % 2 === 0 && /^[0-9a-fA-F]+$/.test(text)
}
