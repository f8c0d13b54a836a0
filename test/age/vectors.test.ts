import { createHash } from 'node:crypto'
import { inflateSync } from 'node:zlib'
import * as vectors from 'cctv-age'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { dearmor, enarmor } from '../../src/age/armor.ts'
import { encodeHeader } from '../../src/age/header.ts'
import type { AgeIdentity } from '../../src/age/identity.ts'
import { parseIdentityFile } from '../../src/age/identity-file.ts'
import { openBytes } from '../../src/age/open.ts'
import { PayloadSealer } from '../../src/age/payload.ts'
import { scryptIdentity } from '../../src/age/scrypt-identity.ts'
import { NixsecretError } from '../../src/errors.ts'
import { type Opened, openPieces } from './open-pieces.ts'

// https://github.com/C2SP/CCTV/tree/main/age

interface Vector {
  readonly name: string
  readonly fields: ReadonlyMap<string, readonly string[]>
  readonly file: Buffer
}

function parseVector(name: string, bytes: Uint8Array): Vector {
  const whole = Buffer.from(bytes)
  const end = whole.indexOf('\n\n')
  const fields = new Map<string, string[]>()
  for (const line of whole.toString('utf8', 0, end).split('\n')) {
    const [, key = '', value = ''] = /^([^:]+): (.*)$/.exec(line) ?? []
    fields.set(key, [...(fields.get(key) ?? []), value])
  }
  const body = whole.subarray(end + 2)
  return { name, fields, file: fields.get('compressed')?.[0] === 'zlib' ? inflateSync(body) : body }
}

async function identitiesOf({ fields }: Vector): Promise<AgeIdentity[]> {
  const lines = fields.get('identity') ?? []
  const keys =
    lines.length === 0 ? [] : await parseIdentityFile(Buffer.from(lines.join('\n')), 'keys', refuse)
  return [...keys, ...(fields.get('passphrase') ?? []).map((one) => scryptIdentity(one, 'passphrase'))]
}

const refuse = () => Promise.reject(new Error('nothing may be asked'))
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/** The words of the vectors for what happened. */
function outcome({ header, fileKey, error }: Opened): string {
  if (error === null) return fileKey === null ? 'no match' : 'success'
  assert.instance(error, NixsecretError)
  assert.is((error as NixsecretError).code, 'format')
  if (error.message.includes('MAC does not fit')) return 'HMAC failure'
  return header !== null && fileKey !== null ? 'payload failure' : 'header failure'
}

// Ours reads the payload's nonce with the payload, not with the header.
const ALIASES: Record<string, string> = {
  stream_no_nonce: 'payload failure',
  stream_short_nonce: 'payload failure',
}

for (const [name, bytes] of Object.entries(vectors)) {
  if (!(bytes instanceof Uint8Array)) continue
  const vector = parseVector(name, bytes)
  test(`vector ${name}`, () => run(vector))
}

async function run(vector: Vector): Promise<void> {
  const expected = vector.fields.get('expect')?.[0] as string
  let file = vector.file
  if (vector.fields.get('armored')?.[0] === 'yes') {
    if (expected === 'armor failure') {
      assert.throws(() => dearmor(file), /^age armor: /)
      return
    }
    const binary = dearmor(file)
    const lines = (text: Buffer) => text.toString('latin1').trim().replaceAll('\r\n', '\n')
    assert.is(lines(enarmor(binary)), lines(file))
    file = binary
  }
  const identities = await identitiesOf(vector)
  for (const step of [file.length + 1, 1]) {
    const opened = await openPieces(file, identities, step)
    const how = `in pieces of ${step}: ${opened.error?.message}`
    assert.is(outcome(opened), ALIASES[vector.name] ?? expected, how)
    const hash = vector.fields.get('payload')?.[0]
    if (hash !== undefined) assert.is(sha256(opened.plain), hash, how)
    if (expected === 'success') sealsTheSame(file, opened, vector)
  }
  if (expected === 'success') assert.is((await openBytes(file, identities))?.length !== undefined, true)
}

/** From the same file key and nonce our sealing side makes the vector itself. */
function sealsTheSame(file: Buffer, { header, fileKey, plain }: Opened, { fields }: Vector): void {
  assert.ok(header !== null && fileKey !== null)
  assert.is(fileKey.toString('hex'), fields.get('file key')?.[0])
  assert.ok(encodeHeader(header.stanzas, fileKey).equals(file.subarray(0, header.length)))
  const sealer = new PayloadSealer(fileKey, file.subarray(header.length, header.length + 16))
  const payload = Buffer.concat([...sealer.update(plain), ...sealer.final()])
  assert.ok(payload.equals(file.subarray(header.length)))
}

test('there are as many vectors as the package had when this was written, or more', () => {
  assert.ok(Object.values(vectors).filter((one) => one instanceof Uint8Array).length >= 143)
})

test.run()
