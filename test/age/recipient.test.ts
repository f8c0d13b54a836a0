import { generateHybridIdentity, generateX25519Identity, identityToRecipient } from 'age-encryption'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeBech32 } from '../../src/age/bech32.ts'
import { keyMark } from '../../src/age/key-mark.ts'
import { checkRecipients, parseRecipient } from '../../src/age/recipient.ts'
import { prepareHeader } from '../../src/age/seal.ts'
import { ed25519Blob, rsaBlob } from '../../src/age/ssh/public-key.ts'
import type { NixsecretError } from '../../src/errors.ts'

const AGE = 'age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z'
const SSH = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPgwcSXQ7elWw6mo0iIfnxJ6qtbWqFQOfetqio+3q4CA'

function refusal(text: string): string {
  try {
    parseRecipient(text)
  } catch (error) {
    assert.is((error as NixsecretError).code, 'recipient', (error as Error).stack)
    return (error as Error).message
  }
  throw new Error(`not refused: ${text}`)
}

const sshLine = (blob: Buffer, type = blob.toString('latin1', 4, 4 + blob.readUInt32BE(0))) =>
  `${type} ${blob.toString('base64')}`
const point = (hex: string) => Buffer.from(hex.padEnd(64, '0'), 'hex')
const rsa = (bits: number, exponent = 65537, odd = 1) => {
  const modulus = Buffer.alloc(bits / 8, 0x5a)
  modulus[0] = 0x80
  modulus[modulus.length - 1] = odd
  return rsaBlob(
    modulus,
    Buffer.from(
      exponent
        .toString(16)
        .padStart(8, '0')
        .replace(/^(00)+/, ''),
      'hex',
    ),
  )
}

test('each kind, with what is known of it', async () => {
  const pq = await identityToRecipient(await generateHybridIdentity())
  const cases = [
    [AGE, 'x25519', 'X25519', false],
    [pq, 'mlkem768x25519', 'mlkem768x25519', true],
    [SSH, 'ssh-ed25519', 'ssh-ed25519', false],
    [sshLine(rsa(2048)), 'ssh-rsa', 'ssh-rsa', false],
  ] as const
  for (const [text, type, stanzaType, postQuantum] of cases) {
    const recipient = parseRecipient(text)
    assert.equal(
      [recipient.type, recipient.stanzaType, recipient.postQuantum, recipient.canonical],
      [type, stanzaType, postQuantum, text],
    )
    if (recipient.type === 'plugin') throw new Error('no plugin')
    const stanza = await recipient.wrap(Buffer.alloc(16, 1))
    assert.is(stanza.args[0], stanzaType)
    assert.is(type.startsWith('ssh-') ? stanza.args[1] : null, recipient.tag)
    if (recipient.tag !== null) assert.is(recipient.tag.length, 6)
  }
})

test('comment and whitespace are not a part of the key', () => {
  for (const text of [
    `${SSH} alice@laptop`,
    `  ${SSH}  `,
    `${SSH} a b c\n`,
    `${SSH.replace(' ', ' \t ')} ünï`,
  ])
    assert.is(parseRecipient(text).canonical, SSH)
  assert.is(parseRecipient(` ${AGE}\n`).canonical, AGE)
})

test('every mistake is named', async () => {
  const pq = await identityToRecipient(await generateHybridIdentity())
  const blob = Buffer.from(SSH.slice(12), 'base64')
  const cases: [string, RegExp][] = [
    ['', /empty/],
    ['alice', /neither/],
    ['AAAAC3NzaC1lZDI1NTE5', /neither/],
    [AGE.toUpperCase(), /lower case/],
    [AGE.replace('a', 'A'), /lower case/],
    [`${AGE} alice`, /nothing may follow/],
    [AGE.slice(0, -1), /checksum/],
    [`${AGE.slice(0, -1)}q`, /checksum/],
    [`${pq.slice(0, -1)}${pq.endsWith('q') ? 'p' : 'q'}`, /checksum/],
    [encodeBech32('age1pq', Buffer.alloc(1216, 0xff)), /age1pq1… key that is malformed/],
    [encodeBech32('age1pq', Buffer.alloc(1216)), /age1pq1… key that is malformed/],
    [encodeBech32('age', Buffer.alloc(31, 9)), /wrong length/],
    [encodeBech32('age1pq', Buffer.alloc(32, 9)), /wrong length/],
    [encodeBech32('age1pwn/pwn', Buffer.alloc(33, 9)), /age1pwn\/pwn1… keys are of no kind/],
    [encodeBech32('age1', Buffer.alloc(33, 9)), /age11… keys are of no kind/],
    [encodeBech32('agex', Buffer.alloc(33, 9)), /neither/],
    [encodeBech32('age', Buffer.alloc(32)), /low order/],
    [encodeBech32('age', point('01')), /low order/],
    [`restrict,command="x" ${SSH}`, /without the options/],
    [`no-pty ${SSH}`, /without the options/],
    ['ssh-dss AAAAB3NzaC1kc3M=', /ssh-ed25519 and ssh-rsa keys only/],
    ['ecdsa-sha2-nistp256 AAAA', /ssh-ed25519 and ssh-rsa keys only/],
    ['sk-ssh-ed25519@openssh.com AAAA', /ssh-ed25519 and ssh-rsa keys only/],
    ['ssh-ed25519', /mistyped or cut off/],
    [SSH.slice(0, -1), /mistyped or cut off/],
    [SSH.slice(0, -4), /malformed ssh-ed25519/],
    [sshLine(Buffer.concat([blob, Buffer.of(0)])), /malformed ssh-ed25519/],
    [sshLine(rsa(2048), 'ssh-ed25519'), /says ssh-ed25519 but is ssh-rsa/],
    [sshLine(ed25519Blob(point('01'))), /no point of the curve/],
    [sshLine(ed25519Blob(point('02'))), /no point of the curve/],
    [sshLine(ed25519Blob(point(`f0${'ff'.repeat(30)}7f`))), /no point of the curve/],
    [sshLine(ed25519Blob(Buffer.alloc(32, 0xff))), /no point of the curve/],
    [sshLine(ed25519Blob(point('00'))), /low order/],
    [sshLine(ed25519Blob(point(`ec${'ff'.repeat(30)}7f`))), /low order/],
    [sshLine(rsa(1024)), /1024 bits: 2048 at least/],
    [sshLine(rsa(2040)), /2040 bits: 2048 at least/],
    [sshLine(rsa(16392)), /16392 bits: 16384 at most/],
    [sshLine(rsa(2048, 65536)), /malformed ssh-rsa/],
    [sshLine(rsa(2048, 1)), /malformed ssh-rsa/],
    [sshLine(rsa(2048, 2 ** 31 + 1)), /malformed ssh-rsa/],
    [sshLine(rsa(2048, 3, 2)), /malformed ssh-rsa/],
    [`${SSH}\n${SSH}`, /one line/],
    [`${SSH} \x1b[31m`, /one line/],
    [`${SSH} ${'x'.repeat(9000)}`, /too long/],
  ]
  for (const [text, message] of cases) assert.match(refusal(text), message, text.slice(0, 80))
})

test('an ssh-ed25519 key of the right form that is no point, as age says too', () => {
  const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJvPqjDQDTMtnxgL6u4MrgkTpZY7ZzG0VqkNKFXZ0H1c'
  assert.match(refusal(key), /no point of the curve/)
})

test('a private key is recognised and not echoed', async () => {
  const key = await generateX25519Identity()
  for (const text of [
    key,
    key.toLowerCase(),
    ` # public key: ${AGE}\n${key}`,
    'AGE-PLUGIN-YUBIKEY-1QQQQ',
    '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n',
  ]) {
    const message = refusal(text)
    assert.is(message, 'this is a private key: keep it, and give its public half')
  }
  assert.is(parseRecipient(`${SSH} my private key`).canonical, SSH)
})

test('no recipients, and post-quantum ones beside others, are refused', async () => {
  const pq = parseRecipient(await identityToRecipient(await generateHybridIdentity()))
  const classic = parseRecipient(AGE)
  assert.throws(() => prepareHeader([]), /no recipients/)
  for (const mixed of [
    [pq, classic],
    [parseRecipient(SSH), pq],
  ]) {
    assert.throws(() => checkRecipients(mixed), /may not be mixed/)
    assert.throws(() => prepareHeader(mixed), /may not be mixed/)
  }
  checkRecipients([pq, pq])
  checkRecipients([classic, parseRecipient(SSH)])
})

test('sealing for classic keys needs no promise', () => {
  assert.not.instance(prepareHeader([parseRecipient(AGE), parseRecipient(SSH)]), Promise)
})

test('two keys of a plugin are told apart though one was made to end as the other', () => {
  const keys = ['q', 'p'].map((own) => `age1fido2-hmac1${own.repeat(60)}${'z'.repeat(60)}`)
  assert.is.not(keyMark(keys[0] as string), keyMark(keys[1] as string))
  assert.is(keyMark(`age1pq1${'q'.repeat(1900)}${'z'.repeat(40)}`), `age1pq1…${'z'.repeat(40)}`)
})

test.run()
