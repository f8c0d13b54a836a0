import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { isPublicKeyFile, parseAgentKey } from '../../src/age/ssh/agent-key.ts'
import { AGENT_MESSAGE, AGENT_NAMESPACE, agentSecret } from '../../src/age/ssh/agent-secret.ts'
import { fingerprint } from '../../src/age/ssh/fingerprint.ts'
import { ed25519Blob, rsaBlob, type SshPublicKey } from '../../src/age/ssh/public-key.ts'
import { wireString } from '../../src/age/ssh/wire.ts'
import { x25519Identity } from '../../src/age/x25519-identity.ts'

/** Made with the real ssh-agent and ssh-keygen; the secrets were computed by a program that is not ours, too. */
const vectors = JSON.parse(readFileSync(new URL('agent-vectors.json', import.meta.url), 'utf8')) as {
  type: string
  publicKey: string
  signature: string[]
  secret: string
  recipient: string
}[]

function keyOf(text: string): SshPublicKey {
  const key = parseAgentKey(text)
  if (typeof key === 'string') throw new Error(key)
  return key.publicKey
}

for (const { type, publicKey, signature, secret, recipient } of vectors) {
  test(`the vector for ${type}`, () => {
    const found = agentSecret(Buffer.from(`${signature.join('\n')}\n`), keyOf(publicKey))
    assert.ok(Buffer.isBuffer(found), String(found))
    assert.is(found.toString('hex'), secret)
    assert.is(x25519Identity(found, 'vector').recipient, recipient)
  })
}

test('docs/ssh-agent.md publishes these vectors and this message', () => {
  const page = readFileSync(new URL('../../docs/ssh-agent.md', import.meta.url), 'utf8')
  for (const vector of vectors)
    for (const value of Object.values(vector).flat()) assert.ok(page.includes(value), value)
  assert.ok(page.includes(`\n${AGENT_MESSAGE}`))
})

interface Forged {
  readonly key?: Buffer
  readonly namespace?: string
  readonly reserved?: string
  readonly hash?: string
  readonly format?: string
  readonly version?: number
  readonly message?: Buffer
  readonly after?: string
  readonly signWith?: 'sha512' | 'sha256'
}

const ed25519 = generateKeyPairSync('ed25519')
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const part = (jwk: { [name: string]: unknown }, name: string) => Buffer.from(String(jwk[name]), 'base64url')
const edJwk = ed25519.publicKey.export({ format: 'jwk' })
const rsaJwk = rsa.publicKey.export({ format: 'jwk' })
const edKey = ed25519Blob(part(edJwk, 'x'))
const rsaKey = rsaBlob(part(rsaJwk, 'n'), part(rsaJwk, 'e'))
const line = (type: string, blob: Buffer) => `${type} ${blob.toString('base64')}`

/** What an agent might answer: a sound SSHSIG of the key, but for what is asked for. */
function armored(type: 'ssh-ed25519' | 'ssh-rsa', forged: Forged = {}): Buffer {
  const namespace = forged.namespace ?? AGENT_NAMESPACE
  const digest = createHash('sha512')
    .update(forged.message ?? AGENT_MESSAGE)
    .digest()
  const fields = [namespace, forged.reserved ?? '', forged.hash ?? 'sha512'].map(wireString)
  const toSign = Buffer.concat([Buffer.from('SSHSIG'), ...fields, wireString(digest)])
  const pair = type === 'ssh-rsa' ? rsa : ed25519
  const raw = sign(type === 'ssh-rsa' ? (forged.signWith ?? 'sha512') : null, toSign, pair.privateKey)
  const format = forged.format ?? (type === 'ssh-rsa' ? 'rsa-sha2-512' : 'ssh-ed25519')
  const blob = Buffer.concat([
    Buffer.from('SSHSIG'),
    Buffer.from([0, 0, 0, forged.version ?? 1]),
    wireString(forged.key ?? (type === 'ssh-rsa' ? rsaKey : edKey)),
    ...fields,
    wireString(Buffer.concat([wireString(format), wireString(raw)])),
    Buffer.from(forged.after ?? ''),
  ])
  const lines = blob.toString('base64').match(/.{1,70}/g) ?? []
  return Buffer.from(`-----BEGIN SSH SIGNATURE-----\n${lines.join('\n')}\n-----END SSH SIGNATURE-----\n`)
}

test('a signature is used only if all of it is what was asked for', () => {
  for (const [type, blob] of [
    ['ssh-ed25519', edKey],
    ['ssh-rsa', rsaKey],
  ] as const) {
    const key = keyOf(line(type, blob))
    const first = agentSecret(armored(type), key)
    assert.ok(Buffer.isBuffer(first) && first.length === 32)
    assert.equal(agentSecret(armored(type), key), first)
    const cases: [Forged, RegExp][] = [
      [{ namespace: 'git' }, /another purpose/],
      [{ reserved: 'x' }, /another purpose/],
      [{ hash: 'sha256' }, /another hash/],
      [{ key: type === 'ssh-rsa' ? edKey : rsaKey }, /another key/],
      [{ version: 2 }, /malformed/],
      [{ after: 'x' }, /malformed/],
      [{ message: Buffer.from('another text') }, /does not verify/],
      [{ format: 'rsa-sha2-256' }, /another algorithm/],
      [{ format: 'ssh-rsa' }, /another algorithm/],
      ...(type === 'ssh-rsa' ? [[{ signWith: 'sha256' }, /does not verify/] as [Forged, RegExp]] : []),
    ]
    for (const [forged, why] of cases) {
      const found = agentSecret(armored(type, forged), key)
      assert.type(found, 'string', JSON.stringify(forged))
      assert.match(found as string, why)
    }
    const good = armored(type).toString('latin1')
    for (const bad of [
      '',
      'x',
      good.slice(0, 100),
      good.replace('END', 'BEGIN'),
      good.replace(/\n\w/, '\n!'),
    ])
      assert.type(agentSecret(Buffer.from(bad), key), 'string')
    for (let i = 0; i < 200; i++) {
      const bytes = Buffer.from(good)
      const at = 30 + Math.floor(Math.random() * (bytes.length - 60))
      bytes[at] = (bytes[at] as number) ^ (1 << Math.floor(Math.random() * 7))
      const found = agentSecret(bytes, key)
      // A line break that became a letter or the like may leave the same bytes.
      assert.ok(typeof found === 'string' || found.equals(first), `byte ${at}`)
    }
  }
})

test('keys that nothing can be derived from are refused with the reason', () => {
  const blobOf = (type: string) =>
    `${type} ${Buffer.concat([wireString(type), wireString('x')]).toString('base64')} c`
  const cases: [string, RegExp][] = [
    [blobOf('ecdsa-sha2-nistp256'), /ECDSA/],
    [blobOf('sk-ssh-ed25519@openssh.com'), /FIDO/],
    [blobOf('sk-ecdsa-sha2-nistp256@openssh.com'), /FIDO/],
    [blobOf('ssh-dss'), /DSA/],
    [blobOf('ssh-ed25519-cert-v01@openssh.com'), /certificate/],
    [blobOf('sk-ssh-ed25519-cert-v01@openssh.com'), /certificate/],
    [`ssh-ed25519 ${rsaKey.toString('base64')}`, /malformed/],
    [`${line('ssh-ed25519', edKey)}\n${line('ssh-rsa', rsaKey)}`, /more than one line/],
    ['ssh-ed25519', /malformed/],
    ['', /malformed/],
    [line('ssh-rsa', rsaBlob(Buffer.alloc(128, 0xff), Buffer.from([1, 0, 1]))), /1024 bits/],
  ]
  for (const [text, why] of cases) {
    const found = parseAgentKey(text)
    assert.type(found, 'string', text)
    assert.match(found as string, why)
    // However unfit, it is no private key file that somebody mistyped.
    if (/^\S+ AAAA/.test(text)) assert.ok(isPublicKeyFile(Buffer.from(text)))
  }
  const found = parseAgentKey(`${line('ssh-ed25519', edKey)} alice at home\n`)
  assert.ok(typeof found !== 'string' && found.comment === 'alice at home')
  for (const text of ['# created\nAGE-SECRET-KEY-1', `-----BEGIN OPENSSH`, 'age1qqq', 'ssh-ed25519'])
    assert.not(isPublicKeyFile(Buffer.from(text)))
})

test('the fingerprint is that of ssh-keygen', () => {
  // ssh-keygen -lf with the public key of the first vector.
  const blob = Buffer.from(vectors[0]?.publicKey.split(' ')[1] ?? '', 'base64')
  assert.is(fingerprint(blob), 'SHA256:lbmsoA0yIEcEiVDRnMWuzm+nV+3ZEEpVIURqFoeSspg')
})

test.run()
