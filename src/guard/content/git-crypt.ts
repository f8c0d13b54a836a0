import { printableRun } from '../../age/printable-run.ts'

const MAGIC = Buffer.from('\0GITCRYPT\0', 'latin1')
const NONCE_SIZE = 12

/**
 * Whether the file is one that git-crypt encrypted
 * (https://github.com/AGWA/git-crypt/blob/master/commands.cpp): a fixed beginning and a nonce, then a stream of the
 * plaintext's length, so that nothing but text in it can be told from it.
 */
export function isGitCryptFile(bytes: Buffer): boolean {
  const header = MAGIC.length + NONCE_SIZE
  return (
    bytes.length >= header &&
    bytes.subarray(0, MAGIC.length).equals(MAGIC) &&
    printableRun(bytes.subarray(header), 0) === null
  )
}
