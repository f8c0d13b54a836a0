import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { wireString } from '../../src/age/ssh/wire.ts'
import { has } from './needs.ts'
import type { Sandbox } from './sandbox.ts'

/**
 * An Ed25519 key without passphrase at `file`, its public half at `file.pub`: by the real ssh-keygen; where there is
 * none, as it would write it, so that the stories run with git alone
 * (https://cvsweb.openbsd.org/src/usr.bin/ssh/PROTOCOL.key).
 */
export async function makeSshKey(box: Sandbox, file: string, comment: string): Promise<void> {
  if (has('ssh-keygen')) {
    await box.ok('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', file])
    return
  }
  const { d = '', x = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  const [seed, point] = [Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')]
  const type = wireString('ssh-ed25519')
  const blob = Buffer.concat([type, wireString(point)])
  const check = randomBytes(4)
  const half = [check, check, blob, wireString(Buffer.concat([seed, point])), wireString(comment)]
  const size = half.reduce((sum, part) => sum + part.length, 0)
  const padding = Buffer.from(Array.from({ length: (8 - (size % 8)) % 8 }, (_, i) => i + 1))
  const body = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...['none', 'none', ''].map((text) => wireString(text)),
    Buffer.from([0, 0, 0, 1]),
    wireString(blob),
    wireString(Buffer.concat([...half, padding])),
  ])
  const label = 'OPENSSH ' + 'PRIVATE KEY'
  const lines = body.toString('base64').match(/.{1,70}/g) ?? []
  writeFileSync(file, `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`, {
    mode: 0o600,
  })
  writeFileSync(`${file}.pub`, `ssh-ed25519 ${blob.toString('base64')} ${comment}\n`)
}
