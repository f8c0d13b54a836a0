import { readFileSync } from 'node:fs'
import {
  armor,
  Encrypter,
  generateHybridIdentity,
  generateX25519Identity,
  identityToRecipient,
} from 'age-encryption'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeBech32 } from '../../src/age/bech32.ts'
import { type AskPassphrase, parseIdentityFile } from '../../src/age/identity-file.ts'
import { openBytes } from '../../src/age/open.ts'
import { parseRecipient } from '../../src/age/recipient.ts'
import { prepareHeader, sealBytes } from '../../src/age/seal.ts'
import { NixsecretError } from '../../src/errors.ts'
import { needs } from '../support/needs.ts'
import { Sandbox } from '../support/sandbox.ts'
import { neverAsk } from './keys.ts'

async function seal(text: string, ...recipients: string[]): Promise<Buffer> {
  return sealBytes(await prepareHeader(recipients.map(parseRecipient)), Buffer.from(text))
}

async function withPassphrase(content: string | Uint8Array, passphrase: string): Promise<Uint8Array> {
  const encrypter = new Encrypter()
  encrypter.setPassphrase(passphrase)
  encrypter.setScryptWorkFactor(4)
  return encrypter.encrypt(content)
}

function answers(...given: string[]): AskPassphrase & { asked: string[] } {
  const asked: string[] = []
  const ask = async (prompt: string) => given[asked.push(prompt) - 1] ?? null
  return Object.assign(ask, { asked })
}

const parse = (content: string | Uint8Array, ask: AskPassphrase = neverAsk, name = 'keys.txt') =>
  parseIdentityFile(Buffer.from(content as Uint8Array), name, ask)

async function rejects(content: string | Uint8Array, message: string | RegExp): Promise<void> {
  try {
    await parse(content)
  } catch (error) {
    assert.instance(error, NixsecretError)
    assert.is((error as NixsecretError).code, 'identity')
    assert.match((error as NixsecretError).message, message)
    return
  }
  assert.unreachable(`not refused: ${message}`)
}

test('an age key file: comments, empty lines, CRLF, several keys', async () => {
  const [one, two] = [await generateX25519Identity(), await generateX25519Identity()]
  const identities = await parse(`# created: today\r\n\r\n${one}\r\n  # another\n${two}`)
  assert.equal(
    identities.map((identity) => identity.description),
    ['keys.txt:3', 'keys.txt:5'],
  )
  for (const [i, key] of [one, two].entries()) {
    const recipient = await identityToRecipient(key)
    assert.is(identities[i]?.recipient, recipient)
    assert.is((await openBytes(await seal('x', recipient), identities))?.toString(), 'x')
  }
})

test('what is no key is refused with file and line, and never quoted', async () => {
  const key = await generateX25519Identity()
  const recipient = await identityToRecipient(key)
  const scalar31 = encodeBech32('AGE-SECRET-KEY-', Buffer.alloc(31, 7)).toUpperCase()
  const pluginLine = (name: string) => encodeBech32(`AGE-PLUGIN-${name}-`, Buffer.alloc(9, 7)).toUpperCase()
  const other = encodeBech32('AGE-SECRET-KEY-X-', Buffer.alloc(32, 7)).toUpperCase()
  const cases: [string, string][] = [
    ['', 'keys.txt: no private key in it'],
    ['# only a comment\n', 'keys.txt: no private key in it'],
    [`${recipient}\n`, 'keys.txt:1: public key where a private one is needed'],
    [`#\n${key.slice(0, -1)}\n`, 'keys.txt:2: private key mistyped or cut off'],
    [`${key.slice(0, -1)}${key.endsWith('Q') ? 'P' : 'Q'}`, 'keys.txt:1: private key mistyped or cut off'],
    [scalar31, 'keys.txt:1: private key mistyped or cut off'],
    [other, 'keys.txt:1: private key of a kind that is not known here'],
    [key.toLowerCase(), 'keys.txt:1: not a private key of age'],
    ['AGE-PLUGIN-YUBIKEY-1QQQ', 'keys.txt:1: key of an age plugin mistyped or cut off'],
    [pluginLine('PWN/PWN'), 'keys.txt:1: key of an age plugin of an impossible name'],
    [`${key} trailing`, 'keys.txt:1: private key mistyped or cut off'],
    ['hunter2', 'keys.txt:1: not a private key of age'],
    ['-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n', 'keys.txt: malformed OpenSSH private key'],
    ['-----BEGIN RSA PRIVATE KEY-----\nhunter2\n', 'keys.txt: malformed PEM private key'],
  ]
  for (const [content, message] of cases) {
    await rejects(content, message)
    try {
      await parse(content)
    } catch (error) {
      assert.not.match(String((error as Error).stack), /hunter2|SECRET-KEY-1[A-Z0-9]{4}/)
      assert.is((error as Error).cause, undefined)
    }
  }
  await rejects(`${key}\n`.repeat(1001), 'more than 1000 keys')
  await rejects(Buffer.alloc((1 << 20) + 1, 0x23), 'too large')
})

test('a name with escapes in it can not steer the terminal', async () => {
  try {
    await parse('x', neverAsk, 'a\x1b[31m\n')
    assert.unreachable()
  } catch (error) {
    assert.is((error as Error).message, '"a\\033[31m\\n":1: not a private key of age')
  }
})

for (const armored of [false, true]) {
  test(`a key file under a passphrase${armored ? ', armored' : ''}: asks when a stanza may need it, once`, async () => {
    const key = await generateX25519Identity()
    const recipient = await identityToRecipient(key)
    const binary = await withPassphrase(`# mine\n${key}\n`, 'pass')
    const ask = answers('nope', 'pass')
    const identities = await parse(armored ? armor.encode(binary) : binary, ask)
    assert.is(identities[0]?.recipient, null)
    const ssh = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPgwcSXQ7elWw6mo0iIfnxJ6qtbWqFQOfetqio+3q4CA'
    assert.is(await openBytes(await seal('x', ssh), identities), null)
    assert.is(ask.asked.length, 0)
    for (const text of ['a', 'b'])
      assert.is((await openBytes(await seal(text, recipient), identities))?.toString(), text)
    assert.equal(ask.asked, [
      'passphrase for keys.txt',
      'wrong passphrase, try again: passphrase for keys.txt',
    ])
  })
}

test('a post-quantum key under a passphrase', async () => {
  const key = await generateHybridIdentity()
  const identities = await parse(await withPassphrase(key, 'pass'), answers('pass'))
  const sealed = await seal('x', await identityToRecipient(key))
  assert.is((await openBytes(sealed, identities))?.toString(), 'x')
})

test('a key file under a passphrase that stays unknown leaves the file locked', async () => {
  const key = await generateX25519Identity()
  const sealed = await seal('x', await identityToRecipient(key))
  const ask = answers('a', 'b', 'c', 'pass')
  const identities = await parse(await withPassphrase(key, 'pass'), ask)
  assert.is(await openBytes(sealed, identities), null)
  assert.is(await openBytes(sealed, identities), null)
  assert.is(ask.asked.length, 3)
  assert.is(await openBytes(sealed, await parse(await withPassphrase(key, 'pass'), answers())), null)
})

test('encrypted files that hold no key, are damaged, or are for a key', async () => {
  const key = await generateX25519Identity()
  const recipient = await identityToRecipient(key)
  await rejects(await seal(key, recipient), 'keys.txt: encrypted, but not with a passphrase')
  await rejects('age-encryption.org/v1\nnonsense', 'keys.txt: damaged age file')
  await rejects('-----BEGIN AGE ENCRYPTED FILE-----\nnonsense', 'keys.txt: damaged age file')
  const sealed = await seal('x', recipient)
  const damaged = await withPassphrase(key, 'pass')
  damaged[damaged.length - 1] = (damaged[damaged.length - 1] as number) ^ 1
  for (const [content, message] of [
    [damaged, /damaged age file/],
    [await withPassphrase('hunter2', 'pass'), /keys.txt:1: not a private key of age/],
  ] as const) {
    const identities = await parse(content, answers('pass'))
    try {
      await openBytes(sealed, identities, null, (fault) => {
        throw fault
      })
      assert.unreachable()
    } catch (error) {
      assert.is((error as NixsecretError).code, 'identity')
      assert.match((error as NixsecretError).message, message)
    }
  }
})

test('a key file that age itself put under a passphrase', async () => {
  if (!needs('a key file encrypted by age with a passphrase', 'age', 'age-keygen', 'script')) return
  const box = new Sandbox('nixsecret-age-p')
  const file = box.path('key')
  await box.ok('age-keygen', ['-o', file])
  const recipient = (await box.ok('age-keygen', ['-y', file])).trim()
  // age asks on the terminal only; script(1) gives it one.
  await box.ok('script', ['-qec', 'age -p -o locked key', '/dev/null'], {
    input: 'open sesame\nopen sesame\n',
  })
  const identities = await parse(readFileSync(box.path('locked')), answers('open sesame'))
  assert.is((await openBytes(await seal('x', recipient), identities))?.toString(), 'x')
})

test.run()
