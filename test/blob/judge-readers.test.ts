import { generateKeyPairSync } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeBech32 } from '../../src/age/bech32.ts'
import { parseHeader } from '../../src/age/header.ts'
import { parseRecipient } from '../../src/age/recipient.ts'
import { prepareHeader } from '../../src/age/seal.ts'
import type { Stanza } from '../../src/age/stanza.ts'
import { headerDigest, judgeReaders } from '../../src/blob/judge-readers.ts'
import { policyFrom } from '../../src/blob/policy-from.ts'
import { type Readers, readersFor } from '../../src/blob/readers.ts'
import { textPath } from '../../src/byte-path.ts'

const AGE = 'age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z'
const SSH = sshKey()
const path = textPath('secrets/x')

function sshKey(): string {
  const { x = '' } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
  const wire = [Buffer.from('ssh-ed25519'), Buffer.from(x, 'base64url')].flatMap((part) => [
    Buffer.of(0, 0, 0, part.length),
    part,
  ])
  return `ssh-ed25519 ${Buffer.concat(wire).toString('base64')}`
}

function readers(...keys: string[]): Readers {
  const lines = keys.map((key, i) => `r${i} = "${key}"`).join('\n')
  const names = keys.map((_, i) => `"r${i}"`).join(', ')
  return readersFor(policyFrom(`version = 1\n[recipients]\n${lines}\n[default]\nto = [${names}]\n`), path)
}

async function header(keys: string[], extra: Stanza[]) {
  const { bytes } = await prepareHeader(keys.map(parseRecipient), extra)
  const parsed = parseHeader(bytes, true)
  if (parsed === null) throw new Error('no header')
  return parsed
}

const both = readers(AGE, SSH)
const stanza = (...args: string[]): Stanza => ({ args, body: new Uint8Array(0) })

test('one digest, whatever the order, names, comments and duplicates', () => {
  assert.match(both.digest, /^[A-Za-z0-9+/]{22}$/)
  assert.is.not(both.digest, readers(AGE).digest)
  for (const other of [readers(SSH, AGE), readers(`${SSH} a comment`, AGE), readers(AGE, SSH, AGE)])
    assert.is(other.digest, both.digest)
  assert.is(readers(AGE, SSH, AGE).recipients.length, 2)
})

test('fits: our digest, and stanzas for just these readers', async () => {
  assert.is(judgeReaders(await header([AGE, SSH], [both.stanza]), both), 'fits')
  assert.is(judgeReaders(await header([SSH, AGE], [both.stanza]), both), 'fits')
  const grease = stanza('x7Q-grease', 'y')
  assert.is(judgeReaders(await header([AGE, SSH], [grease, both.stanza]), both), 'fits')
})

test('stale: another digest, a stanza more or less, another ssh key, two digests', async () => {
  for (const [keys, extra] of [
    [[AGE], [readers(AGE).stanza]],
    [[AGE], [both.stanza]],
    [[AGE, AGE, SSH], [both.stanza]],
    [[AGE, SSH], [readers(AGE).stanza]],
    [
      [AGE, SSH],
      [both.stanza, both.stanza],
    ],
    [[AGE, SSH], [stanza('git-nixsecret/v1')]],
    [[AGE, SSH], [stanza('git-nixsecret/v1', both.digest, 'more')]],
    [
      [AGE, SSH],
      [both.stanza, stanza('X25519-other', 'x')],
    ],
  ] as [string[], Stanza[]][]) {
    assert.is(judgeReaders(await header(keys, extra), both), 'stale')
  }
})

test('no digest: a file of another tool', async () => {
  assert.is(judgeReaders(await header([AGE, SSH], []), both), 'no-digest')
  assert.is(judgeReaders(await header([AGE], []), both), 'no-digest')
  assert.is(headerDigest(await header([AGE], [])), null)
  assert.is(headerDigest(await header([AGE], [both.stanza])), both.digest)
})

test('keys of plugins: their stanzas have any type and number, but only where the policy names such keys', async () => {
  const plugin = encodeBech32('age1nstest', Buffer.alloc(33, 9))
  const one = readers(AGE, plugin)
  const two = readers(AGE, plugin, encodeBech32('age1nstest', Buffer.alloc(33, 8)))
  const cases: [Readers, Stanza[], 'fits' | 'stale'][] = [
    [one, [stanza('piv-p256', 'a')], 'fits'],
    [one, [stanza('nstest', 'a'), stanza('nstest', 'b'), stanza('other')], 'fits'],
    [one, [], 'stale'],
    [one, [stanza('x-grease')], 'stale'],
    // What a plain key or a passphrase opens is nobody's here.
    [one, [stanza('X25519', 'a')], 'stale'],
    [one, [stanza('nstest'), stanza('X25519', 'a')], 'stale'],
    [one, [stanza('nstest'), stanza('ssh-ed25519', 'abc', 'd')], 'stale'],
    [one, [stanza('nstest'), stanza('scrypt', 'a', '18')], 'stale'],
    [two, [stanza('nstest')], 'stale'],
    [two, [stanza('nstest'), stanza('nstest')], 'fits'],
    [readers(AGE), [stanza('nstest')], 'stale'],
  ]
  for (const [wanted, stanzas, verdict] of cases)
    assert.is(judgeReaders(await header([AGE], [...stanzas, wanted.stanza]), wanted), verdict)
  const swapped = [stanza('nstest'), readers(AGE, plugin, SSH).stanza]
  assert.is(judgeReaders(await header([AGE], swapped), one), 'stale')
})

test.run()
