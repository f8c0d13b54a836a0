import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { textPath } from '../../../src/byte-path.ts'
import { foreignCiphertext } from '../../../src/guard/content/foreign-ciphertext.ts'
import { needs } from '../../support/needs.ts'
import { Sandbox } from '../../support/sandbox.ts'
import { bytes } from './made-secrets.ts'
import { spoiled } from './spoiled.ts'

const kind = (content: Buffer | string) => foreignCiphertext(textPath('x'), Buffer.from(content as string))

test('messages of OpenPGP as gpg makes them', async () => {
  if (!needs('OpenPGP messages of the real gpg', 'gpg')) return
  const box = new Sandbox()
  // Without a passphrase for its key gpg does not spend seconds on one.
  const gpg = ['--batch', '--homedir', box.path('home'), '--passphrase', '', '--pinentry-mode', 'loopback']
  box.write('plain', bytes(20_000, 'plain').toString('base64'))
  await box.ok('gpg', [...gpg, '--quick-gen-key', 'x@example.org', 'future-default', 'default', 'never'])
  const symmetric = ['--passphrase', 'x', '--s2k-count', '1024', '--symmetric', '-z', '0']
  const encrypt = ['--encrypt', '--trust-model', 'always', '-r', 'x@example.org', '-z', '0']
  for (const [i, how] of [
    symmetric,
    encrypt,
    [...encrypt, ...symmetric],
    [...symmetric, '--rfc4880'],
  ].entries()) {
    for (const armor of ['--armor', '--no-armor']) {
      // From a pipe, its length is not known beforehand: it comes in parts.
      for (const from of i === 0 ? [['plain'], []] : [['plain']]) {
        const input = from.length === 0 ? { input: bytes(20_000, 'plain') } : {}
        const out = `out${i}${armor}${from.length}`
        await box.ok('gpg', [...gpg, armor, '-o', out, ...how, ...from], input)
        const content = (await box.run('cat', [out])).stdout
        assert.is(kind(content), 'openpgp', out)
        for (const [what, file] of spoiled(content)) assert.is(kind(file), null, `${out} ${what}`)
      }
    }
  }
  box.write('text', 'hello\n')
  for (const how of [['--sign'], ['--clearsign'], ['--store'], ['--export'], ['--export-secret-keys']])
    for (const armor of ['--armor', '--no-armor']) {
      const { stdout } = await box.run('gpg', [
        ...gpg,
        armor,
        '-o',
        '-',
        ...how,
        ...(how[0]?.startsWith('--export') ? [] : ['text']),
      ])
      assert.ok(stdout.length > 0)
      assert.is(kind(stdout), null, how[0])
    }
  await box.run('gpgconf', ['--homedir', box.path('home'), '--kill', 'all'])
  box.remove()
})

test('armor of OpenPGP holds nothing but the message', async () => {
  if (!needs('OpenPGP armor of the real gpg', 'gpg')) return
  const box = new Sandbox()
  const args = ['--batch', '--homedir', box.path('home'), '--passphrase', 'x', '--pinentry-mode', 'loopback']
  const armored = await box.ok('gpg', [...args, '--armor', '-o', '-', '--s2k-count', '1024', '--symmetric'], {
    input: 'hello',
  })
  const head = (line: string) => armored.replace('\n\n', `\n${line}\n\n`)
  assert.is(kind(armored), 'openpgp')
  assert.is(kind(armored.replaceAll('\n', '\r\n')), 'openpgp')
  assert.is(kind(head('Version: GnuPG v2')), 'openpgp')
  assert.is(kind(head('Comment: GPGTools - https://gpgtools.org')), 'openpgp')
  assert.is(kind(head('Comment: the password is hunter2')), null)
  assert.is(kind(armored.replace(/\n=....\n/, '\n')), 'openpgp', 'RFC 9580 has no checksum')
  assert.is(kind(armored.replace(/\n=....\n/, '\n=AAAA\n')), null)
  assert.is(kind(armored.replace('\n\n', '\n')), null)
  assert.is(kind(armored + armored), null)
  const lines = armored.split('\n')
  const binary = Buffer.from(
    lines
      .slice(
        2,
        lines.findIndex((line) => line.startsWith('=')),
      )
      .join(''),
    'base64',
  )
  assert.is(kind(binary), 'openpgp')
  assert.is(kind(Buffer.concat([binary, binary])), null)
  assert.is(kind(Buffer.concat([binary, bytes(100, 'more')])), null)
  // The first packet, of the passphrase, has its length in its second byte.
  assert.is(kind(binary.subarray(2 + (binary[1] as number))), null, 'without a key')
  await box.run('gpgconf', ['--homedir', box.path('home'), '--kill', 'all'])
  box.remove()
})

test.run()
