import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { placeOf } from '../../../src/guard/content/place.ts'
import { privateKeys } from '../../../src/guard/content/private-keys.ts'
import { cpuTime } from '../../support/cpu-time.ts'
import { needs } from '../../support/needs.ts'
import { Sandbox } from '../../support/sandbox.ts'
import { fixtures } from './fixture.ts'
import { MADE } from './made-secrets.ts'

const found = (content: Buffer) =>
  privateKeys(content.toString('latin1')).map(
    ({ offset, what }) => `${placeOf(content, offset).line} ${what}`,
  )
const kinds = (content: Buffer | string) => privateKeys(content.toString('latin1')).map(({ what }) => what)

test('keys are found at their line, each once', () => {
  const seen = new Set<string>()
  for (const { name, content, expected } of fixtures('private-key', 'ng')) {
    assert.equal(found(content), expected, name)
    for (const line of expected) seen.add(line.replace(/^\d+ /, ''))
  }
  for (const what of ['age identity', 'OpenSSH private key', 'Nix signing key', 'PuTTY private key'])
    assert.ok(seen.has(what), what)
})

test('words, placeholders, public halves and damaged keys are none', () => {
  for (const { name, content } of fixtures('private-key', 'ok')) assert.equal(found(content), [], name)
})

test('line ends of Windows, and keys behind bytes that are not UTF-8', () => {
  for (const name of ['OPENSSH', 'RSA', 'PUTTY', 'AGE']) {
    const { value, what } = MADE[name] as { value: string; what: string }
    assert.equal(kinds(value.replaceAll('\n', '\r\n')), [what], name)
    const behind = Buffer.concat([Buffer.from([0xff, 0xc3, 10]), Buffer.from(value)])
    assert.equal(privateKeys(behind.toString('latin1')), [{ offset: 3, what }], name)
  }
})

test('keys as the programs make them', async () => {
  if (!needs('private keys of real programs', 'ssh-keygen', 'openssl', 'age-keygen', 'gpg')) return
  const box = new Sandbox()
  const made: [string, string, readonly string[]][] = [
    ['OpenSSH private key', 'ssh-keygen', ['-q', '-t', 'ed25519', '-N', '']],
    ['OpenSSH private key', 'ssh-keygen', ['-q', '-t', 'ecdsa', '-N', '']],
    [
      'OpenSSH private key under a passphrase',
      'ssh-keygen',
      ['-q', '-t', 'rsa', '-b', '2048', '-N', 'xxxxx'],
    ],
    ['RSA private key', 'ssh-keygen', ['-q', '-t', 'rsa', '-m', 'PEM', '-N', '']],
    ['RSA private key under a passphrase', 'ssh-keygen', ['-q', '-t', 'rsa', '-m', 'PEM', '-N', 'xxxxx']],
  ]
  for (const [i, [what, program, args]] of made.entries()) {
    await box.ok(program, [...args, '-f', `key${i}`])
    assert.equal(kinds(await box.ok('cat', [`key${i}`])), [what], args.join(' '))
    assert.equal(kinds(await box.ok('cat', [`key${i}.pub`])), [])
  }
  assert.equal(kinds(await box.ok('openssl', ['genpkey', '-algorithm', 'ed25519'])), ['private key'])
  assert.equal(kinds(await box.ok('openssl', ['ecparam', '-name', 'prime256v1', '-genkey', '-noout'])), [
    'EC private key',
  ])
  assert.equal(kinds(await box.ok('age-keygen', [])), ['age identity'])
  const gpg = ['--batch', '--homedir', box.path('home'), '--passphrase', '', '--pinentry-mode', 'loopback']
  await box.ok('gpg', [...gpg, '--quick-gen-key', 'x@example.org', 'future-default'])
  assert.equal(kinds(await box.ok('gpg', [...gpg, '--armor', '--export-secret-keys'])), [
    'OpenPGP private key',
  ])
  assert.equal(kinds(await box.ok('gpg', [...gpg, '--armor', '--export'])), [])
  await box.run('gpgconf', ['--homedir', box.path('home'), '--kill', 'all'])
  box.remove()
})

test('lines of a key may begin with what is a sign in source code and patches', () => {
  const der = Buffer.concat([Buffer.from([0x30, 0x81, 0x90]), Buffer.alloc(0x90, 0xfb)]).toString('base64')
  const lines = [der.slice(0, 4), '++++', '+a++', '+++/', der.slice(16)]
  const key = ['-----BEGIN EC PRIVATE KEY-----', ...lines, '-----END EC PRIVATE KEY-----']
  for (const sign of ['', '+', '# '])
    assert.equal(kinds(key.map((line) => sign + line).join('\n')), ['EC private key'], sign)
})

test('time is linear in the text', () => {
  const size = 1 << 20
  for (const unit of [
    'AGE-SECRET-KEY-1QQQQ',
    'AGE-PLUGIN-A-',
    '-----BEGIN PRIVATE ' + 'KEY-----',
    '{"kty":"RSA"',
    '{',
    'privateKey =   ',
    'PuTTY-User-Key-File-2: a\nEncryption: none\n',
    `:${'A'.repeat(85)}`,
    '\\\\\\n',
    'a',
  ]) {
    const started = cpuTime()
    privateKeys(unit.repeat(size / unit.length))
    assert.ok(cpuTime() - started < 3000, unit)
  }
})

test.run()
