import { scrypt } from 'node:crypto'
import { NixsecretError } from '../errors.ts'
import { decodeBase64 } from './base64.ts'
import { openFileKey, WRAPPED_KEY_SIZE } from './file-key.ts'
import type { AgeIdentity } from './identity.ts'

const LABEL = Buffer.from('age-encryption.org/v1/scrypt')
const SALT_SIZE = 16
/** As age has it; this one takes 4 GiB of memory and half a minute. age writes 18. */
const MAX_WORK_FACTOR = 22

/**
 * A passphrase (https://c2sp.org/age#scrypt-recipient-stanza). That the stanza stands alone is checked by `unwrapFileKey`
 * of open.ts.
 *
 * Not through age-encryption: it stops at a work factor of 20, and its JavaScript takes several times as long.
 */
export function scryptIdentity(passphrase: string, description: string): AgeIdentity {
  return {
    description,
    recipient: null,
    async unwrap(stanzas) {
      for (const { args, body } of stanzas) {
        if (args[0] !== 'scrypt') continue
        const [, saltText = '', workText = ''] = args
        const salt = decodeBase64(saltText)
        if (args.length !== 3 || salt?.length !== SALT_SIZE || body.length !== WRAPPED_KEY_SIZE)
          throw new NixsecretError('format', 'malformed scrypt stanza')
        if (!/^[1-9][0-9]?$/.test(workText) || Number(workText) > MAX_WORK_FACTOR)
          throw new NixsecretError(
            'format',
            `scrypt stanza with a work factor that is not 1 to ${MAX_WORK_FACTOR}`,
          )
        const key = await stretch(passphrase, Buffer.concat([LABEL, salt]), 2 ** Number(workText))
        const fileKey = openFileKey(body, key)
        if (fileKey !== null) return fileKey
      }
      return null
    },
  }
}

function stretch(passphrase: string, salt: Buffer, N: number): Promise<Buffer> {
  const r = 8
  // What it needs is 128 · N · r and a little; Node's own limit is 32 MiB.
  const maxmem = 128 * N * r + (1 << 20)
  return new Promise((resolve, reject) => {
    scrypt(passphrase, salt, 32, { N, r, p: 1, maxmem }, (error, key) => {
      if (error === null) resolve(key)
      else reject(new NixsecretError('passphrase', 'scrypt failed: not enough memory', { cause: error }))
    })
  })
}
