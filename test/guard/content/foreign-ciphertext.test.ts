import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { enarmor } from '../../../src/age/armor.ts'
import { parseRecipient } from '../../../src/age/recipient.ts'
import { prepareHeader, sealBytes } from '../../../src/age/seal.ts'
import { textPath } from '../../../src/byte-path.ts'
import { foreignCiphertext } from '../../../src/guard/content/foreign-ciphertext.ts'
import { cpuTime } from '../../support/cpu-time.ts'
import { needs } from '../../support/needs.ts'
import { Sandbox } from '../../support/sandbox.ts'
import { fixtures } from './fixture.ts'
import { bytes, encValue } from './made-secrets.ts'
import { spoiled } from './spoiled.ts'

const kind = (content: Buffer | string, path = 'x') =>
  foreignCiphertext(textPath(path), Buffer.from(content as string))
const RECIPIENT = 'age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z'

test('files of age, binary and armored', async () => {
  const sealed = await sealBytes(await prepareHeader([parseRecipient(RECIPIENT)], []), bytes(9000, 'plain'))
  for (const content of [sealed, enarmor(sealed)]) assert.is(kind(content), 'age')
  // A cut binary file has another possible length.
  for (const content of [sealed, enarmor(sealed)])
    for (const [how, file] of spoiled(content))
      if (how !== 'cut' || content !== sealed) assert.is(kind(file), null, how)
  const within = Buffer.from(sealed)
  within.write('this is text where there should be none', 2000)
  assert.is(kind(within), null)
  assert.is(kind(enarmor(within)), null)
})

test('documents of SOPS: every value encrypted, but for what their settings leave', () => {
  for (const { name, content } of fixtures('sops', 'ok'))
    assert.is(kind(content, name.replace(/\.txt$/, '')), 'sops', name)
  for (const { name, content } of fixtures('sops', 'ng'))
    assert.is(kind(content, name.replace(/\.txt$/, '')), null, name)
})

test('nesting and size have bounds', () => {
  const value = encValue('deep')
  const meta = `,"sops":{"mac":"${value}","version":"3"}}`
  assert.is(kind(`{"a":"${value}"${meta}`), 'sops')
  assert.is(kind(`{"a":${'['.repeat(100_000)}"${value}"${']'.repeat(100_000)}${meta}`), null)
  const yaml = `\nsops:\n  mac: ${value}\n`
  assert.is(kind(`a: ${value}${yaml}`), 'sops')
  assert.is(kind(`${'- '.repeat(100_000)}${value}${yaml}`), null)
  assert.is(kind(`a: ${value}\n${`b: ${value}\n`.repeat(150_000)}${yaml}`), null, 'over 16 MiB')
})

test('files of git-crypt', async () => {
  if (!needs('files of the real git-crypt', 'git-crypt')) return
  const box = new Sandbox()
  await box.ok('git', ['init', '-q', '.'])
  await box.ok('git-crypt', ['init'])
  box.write('.gitattributes', 'secret filter=git-crypt diff=git-crypt\n')
  for (const plain of ['hello\n', bytes(70_000, 'plain').toString('base64'), 'x'.repeat(50)]) {
    box.write('secret', plain)
    await box.ok('git', ['add', '.'])
    const content = (await box.run('git', ['cat-file', 'blob', ':secret'])).stdout
    assert.is(kind(content), 'git-crypt')
    for (const [how, file] of spoiled(content)) if (how !== 'cut') assert.is(kind(file), null, how)
  }
  box.remove()
})

/** As ansible-vault writes one: hex of three hex numbers. */
function vault(header = '$ANSIBLE_VAULT;1.1;AES256', data = 48): string {
  const parts = [bytes(32, 'salt'), bytes(32, 'mac'), bytes(data, 'data')].map((part) => part.toString('hex'))
  const hex = Buffer.from(parts.join('\n')).toString('hex')
  return [header, ...(hex.match(/.{1,80}/g) as string[]), ''].join('\n')
}

test('vaults of Ansible', () => {
  assert.is(kind(vault()), 'ansible-vault')
  assert.is(kind(vault().replaceAll('\n', '\r\n')), 'ansible-vault')
  assert.is(kind(vault('$ANSIBLE_VAULT;1.2;AES256;dev')), 'ansible-vault')
  assert.is(kind(vault('$ANSIBLE_VAULT;1.2;AES256;the password is hunter2')), null)
  assert.is(kind(vault('$ANSIBLE_VAULT;1.0;AES')), null)
  assert.is(kind(vault(undefined, 47)), null, 'not whole blocks')
  for (const [how, file] of spoiled(Buffer.from(vault()))) assert.is(kind(file), null, how)
  const text = Buffer.from('password = hunter2').toString('hex')
  assert.is(kind(`$ANSIBLE_VAULT;1.1;AES256\n${text}\n`), null)
})

test('nothing else is ciphertext, and nothing hangs or throws', () => {
  assert.is(kind(''), null)
  const starts = [
    '',
    '-----BEGIN PGP MESSAGE-----\n\n',
    '\0GITCRYPT\0',
    '$ANSIBLE_VAULT;1.1;AES256\n',
    '\x85\x01\x0c\x03',
    '\xc1\xff',
    'sops:\n  mac: ENC[AES256_GCM,',
  ]
  fc.assert(
    fc.property(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 200 }), (start, rest) => {
      const answer = kind(Buffer.concat([Buffer.from(start, 'latin1'), rest]))
      assert.ok(answer === null || (answer === 'git-crypt' && start.startsWith('\0')))
    }),
    { numRuns: 2000 },
  )
  for (const unit of ['\n', ' ', 'a: \n  ', '- ', '"', "'", '\\', ' #', 'x = """\n', '#ENC[AES256_GCM,']) {
    for (const start of ['', '{"ENC[AES256_GCM,": "sops", "a":', 'a: ENC[AES256_GCM, sops\nb: ']) {
      const started = cpuTime()
      assert.is(kind(start + unit.repeat((1 << 20) / unit.length)), null)
      // Far beyond what a busy machine takes; what grows faster than the input takes hours.
      assert.ok(cpuTime() - started < 60_000, unit)
    }
  }
})

test.run()
