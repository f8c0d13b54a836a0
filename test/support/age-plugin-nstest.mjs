// A plugin of age (https://c2sp.org/age-plugin), honest but small, for tests: the real age program uses it, too.
// Its keys are X25519 keys with one letter in front, which says how it behaves;
// test-plugin.ts has the list, and makes the keys.
import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
} from 'node:crypto'
import { appendFileSync, readSync, writeSync } from 'node:fs'

const ALPHABET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'

function regroup(groups, from, to) {
  const out = []
  let bits = 0
  let value = 0
  for (const group of groups) {
    value = ((value << from) | group) & 0xfff
    for (bits += from; bits >= to; ) {
      bits -= to
      out.push((value >>> bits) & ((1 << to) - 1))
    }
  }
  return out
}

function unbech32(text) {
  const lower = text.toLowerCase()
  const words = [...lower.slice(lower.lastIndexOf('1') + 1)].map((c) => ALPHABET.indexOf(c))
  return Buffer.from(regroup(words.slice(0, -6), 5, 8))
}

const point = (raw) =>
  createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: raw.toString('base64url') }, format: 'jwk' })
const rawPoint = (key) => Buffer.from(key.export({ format: 'jwk' }).x, 'base64url')
const scalar = (raw) =>
  createPrivateKey({
    key: { kty: 'OKP', crv: 'X25519', x: '', d: raw.toString('base64url') },
    format: 'jwk',
  })

const NONCE = Buffer.alloc(12)
const unpadded = (bytes) => bytes.toString('base64').replace(/=+$/, '')

function wrappingKey(secret, share, recipient) {
  return Buffer.from(hkdfSync('sha256', secret, Buffer.concat([share, recipient]), 'age-plugin-nstest', 32))
}

function wrap(fileKey, recipient) {
  const { publicKey, privateKey } = generateKeyPairSync('x25519')
  const share = rawPoint(publicKey)
  const secret = diffieHellman({ privateKey, publicKey: point(recipient) })
  const cipher = createCipheriv('chacha20-poly1305', wrappingKey(secret, share, recipient), NONCE, {
    authTagLength: 16,
  })
  const body = Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()])
  return { args: ['nstest', unpadded(share)], body }
}

function unwrap({ args, body }, secretScalar) {
  const privateKey = scalar(secretScalar)
  const recipient = rawPoint(createPublicKey(privateKey))
  const share = Buffer.from(args[1], 'base64')
  const secret = diffieHellman({ privateKey, publicKey: point(share) })
  const key = wrappingKey(secret, share, recipient)
  const decipher = createDecipheriv('chacha20-poly1305', key, NONCE, { authTagLength: 16 })
  decipher.setAuthTag(body.subarray(16))
  try {
    return Buffer.concat([decipher.update(body.subarray(0, 16)), decipher.final()])
  } catch {
    return null
  }
}

let rest = ''

function line() {
  for (;;) {
    const end = rest.indexOf('\n')
    if (end !== -1) {
      const found = rest.slice(0, end)
      rest = rest.slice(end + 1)
      return found
    }
    const piece = Buffer.alloc(65536)
    const length = readSync(0, piece, 0, piece.length, null)
    if (length === 0) process.exit(1)
    rest += piece.toString('latin1', 0, length)
  }
}

function receive() {
  const args = line().split(' ').slice(1)
  let body = ''
  for (;;) {
    const part = line()
    body += part
    if (part.length < 64) return { args, body: Buffer.from(body, 'base64') }
  }
}

function write(text) {
  for (let bytes = Buffer.from(text, 'latin1'); bytes.length > 0; )
    bytes = bytes.subarray(writeSync(1, bytes))
}

function send(args, body = Buffer.alloc(0)) {
  const lines = unpadded(body).match(/.{1,64}/g) ?? []
  if (lines.length === 0 || lines.at(-1).length === 64) lines.push('')
  write(`-> ${args.join(' ')}\n${lines.join('\n')}\n`)
}

function ask(args, text = '') {
  send(args, Buffer.isBuffer(text) ? text : Buffer.from(text))
  return receive()
}

function finish() {
  send(['done'])
  process.exit(0)
}

function fail(kind, text) {
  ask(['error', ...kind], text)
  finish()
}

function misbehave(mode) {
  if (mode === 'd') {
    process.stderr.write('the device is on fire\n')
    process.exit(3)
  }
  if (mode === 'h') for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1e6)
  if (mode === 'f') for (;;) write(`-> msg\n${'A'.repeat(64)}\n\n`.repeat(100))
  if (mode === 'g') {
    write('Traceback (most recent call last):\n\n\n')
    process.exit(0)
  }
  if (mode === 'r') for (;;) ask(['msg'], 'again')
}

function phaseOne() {
  const said = []
  for (;;) {
    const message = receive()
    if (message.args[0] === 'done') return said
    said.push(message)
  }
}

function pin(text) {
  const { args, body } = ask(['request-secret'], text)
  return args[0] === 'ok' && body.toString() === '1234'
}

function recipientV1() {
  const said = phaseOne()
  const keys = said.filter(({ args }) => args[0] === 'add-recipient').map(({ args }) => unbech32(args[1]))
  const files = said.filter(({ args }) => args[0] === 'wrap-file-key').map(({ body }) => body)
  for (const [i, key] of keys.entries()) {
    const mode = key.toString('latin1', 0, 1)
    misbehave(mode)
    if (mode === 'e') fail(['recipient', String(i)], 'this key\x1b[2J was\nrevoked')
    if (mode === 'w' && !pin('PIN to encrypt')) fail(['recipient', String(i)], 'no PIN')
    if (mode === 'l') ask(['labels', 'only-nstest', 'and-this'])
    if (mode === 'q') ask(['labels', 'postquantum'])
  }
  for (const [f, fileKey] of files.entries())
    for (const key of keys) {
      const mode = key.toString('latin1', 0, 1)
      const { args, body } = wrap(fileKey, key.subarray(1))
      if (mode === 'x') args[0] = 'X25519'
      ask(['recipient-stanza', String(f), ...args], body)
      if (mode !== 't') continue
      if (ask(['grease-0a', 'b'], Buffer.alloc(48)).args[0] !== 'unsupported') process.exit(4)
      const again = wrap(fileKey, key.subarray(1))
      ask(['recipient-stanza', String(f), ...again.args], again.body)
      ask(['recipient-stanza', String(f), 'nstest-extra', 'a', 'b'], Buffer.alloc(100, 7))
    }
  finish()
}

function chat() {
  ask(['msg'], 'Hello\x1b[31m,\nworld')
  const sure = ask(['confirm', unpadded(Buffer.from('go on')), unpadded(Buffer.from('stop'))], 'Sure?')
  if (sure.args.join(' ') !== 'ok yes') fail(['internal'], 'not sure')
  const name = ask(['request-public'], 'Name')
  if (name.args[0] !== 'ok' || name.body.toString() !== 'Ada') fail(['internal'], `no name: ${name.body}`)
}

function identityV1() {
  const said = phaseOne()
  const keys = said.filter(({ args }) => args[0] === 'add-identity').map(({ args }) => unbech32(args[1]))
  const stanzas = said.filter(({ args }) => args[0] === 'recipient-stanza' && args[2] === 'nstest')
  const opened = new Set()
  for (const { args, body } of stanzas)
    for (const key of keys) {
      const file = args[1]
      if (opened.has(file)) continue
      const mode = key.toString('latin1', 0, 1)
      misbehave(mode)
      if (mode === 'e') fail(['identity', '0'], 'this key was revoked')
      const fileKey = unwrap({ args: args.slice(2), body }, key.subarray(1))
      if (fileKey === null) continue
      if (mode === 'i' && !pin('PIN of the test key')) fail(['identity', '0'], 'wrong PIN')
      if (mode === 'c') chat()
      if (mode === 't') ask(['grease-0c'], 'x')
      ask(['file-key', file], fileKey)
      opened.add(file)
    }
  finish()
}

const machine = process.argv[2]
if (machine?.startsWith('--age-plugin=')) {
  // Tests count how often it was started.
  if (process.env.NSTEST_LOG) appendFileSync(process.env.NSTEST_LOG, `${machine.slice(13)}\n`)
  if (machine === '--age-plugin=recipient-v1') recipientV1()
  else if (machine === '--age-plugin=identity-v1') identityV1()
  else process.exit(2)
}
