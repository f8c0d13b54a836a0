import { createReadStream } from 'node:fs'
import { parseRecipientLines } from '../../age/recipient-lines.ts'
import { displayText } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import type { KeySource } from './key-source.ts'

const MAX_SIZE = 1 << 20

/**
 * The public keys in a file: `.pub`, or a recipients file as `age -R` takes it.
 * @param file a path, or `-` for standard input
 * @throws NixsecretError `missing` where there is none, `io` where it can't be read, `recipient` where it holds no key,
 *   or a private one
 */
export async function fileKeys(file: string): Promise<KeySource> {
  const from = file === '-' ? 'standard input' : displayText(file)
  const { keys, faults } = parseRecipientLines((await readAll(file, from)).toString('utf8'))
  if (keys.length === 0)
    throw new NixsecretError(
      'recipient',
      `${from} holds no public key${faults[0] === undefined ? '' : ` (${faults[0]})`}`,
    )
  return { from, keys, faults, warnings: [], notes: [] }
}

async function readAll(file: string, from: string): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  try {
    for await (const piece of file === '-' ? process.stdin : createReadStream(file)) {
      size += piece.length
      if (size > MAX_SIZE) throw new NixsecretError('recipient', `${from} is too large for a list of keys`)
      pieces.push(piece)
    }
  } catch (cause) {
    if (cause instanceof NixsecretError) throw cause
    const { code = 'unknown error' } = cause as NodeJS.ErrnoException
    throw new NixsecretError(code === 'ENOENT' ? 'missing' : 'io', `cannot read ${from}: ${code}`, { cause })
  }
  return Buffer.concat(pieces)
}
