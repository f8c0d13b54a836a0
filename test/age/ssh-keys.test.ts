import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type AskPassphrase, parseIdentityFile } from '../../src/age/identity-file.ts'
import { openBytes } from '../../src/age/open.ts'
import { parseRecipient } from '../../src/age/recipient.ts'
import { prepareHeader, sealBytes } from '../../src/age/seal.ts'
import type { NixsecretError } from '../../src/errors.ts'
import { needs } from '../support/needs.ts'
import { Sandbox } from '../support/sandbox.ts'
import { neverAsk, sshKey, sshPair } from './keys.ts'

const box = new Sandbox('nixsecret-ssh')
const PASSPHRASE = 'correct horse ☂'

/** Answers in turn, then nothing; counts how often it was asked. */
function answers(...given: (string | null)[]): AskPassphrase & { asked: string[] } {
  const asked: string[] = []
  const ask = async (prompt: string) => {
    asked.push(prompt)
    return given[asked.length - 1] ?? null
  }
  return Object.assign(ask, { asked })
}

async function seal(text: string, ...publicTexts: string[]): Promise<Buffer> {
  return sealBytes(await prepareHeader(publicTexts.map(parseRecipient)), Buffer.from(text))
}

async function faultOf(promise: Promise<unknown>): Promise<NixsecretError> {
  try {
    await promise
  } catch (error) {
    return error as NixsecretError
  }
  throw new Error('there was no fault')
}

if (needs('keys made by ssh-keygen', 'ssh-keygen')) {
  for (const kind of [['ed25519'], ['rsa', '-b', '2048'], ['rsa', '-b', '3072']]) {
    const label = kind.join(' ')
    const file = () => sshKey(box, `pass-${kind.at(-1)}`, ['-t', ...kind, '-a', '4'], PASSPHRASE)

    test(`${label} under a passphrase: asks once, and only when its tag is there`, async () => {
      const ask = answers(PASSPHRASE)
      const pair = await sshPair(await file(), ask)
      assert.is(pair.identity.recipient, pair.recipient.canonical)
      const other = await sshPair(await sshKey(box, `other-${kind.at(-1)}`, ['-t', ...kind]))
      assert.is(await openBytes(await seal('x', other.publicText), [pair.identity]), null)
      assert.equal(ask.asked, [])
      for (const text of ['first', 'second']) {
        const opened = await openBytes(await seal(text, other.publicText, pair.publicText), [pair.identity])
        assert.is(opened?.toString(), text)
      }
      assert.equal(ask.asked, [`passphrase for ${pair.file}`])
    })
  }

  test('a wrong passphrase: asks three times, then stays locked without asking', async () => {
    const file = await sshKey(box, 'wrong', ['-t', 'ed25519', '-a', '1'], PASSPHRASE)
    const ask = answers('a', 'b', 'c', PASSPHRASE)
    const pair = await sshPair(file, ask)
    const sealed = await seal('x', pair.publicText)
    assert.is(await openBytes(sealed, [pair.identity]), null)
    assert.is(await openBytes(sealed, [pair.identity]), null)
    assert.is(ask.asked.length, 3)
    const second = await sshPair(file, answers('a', PASSPHRASE))
    assert.is((await openBytes(sealed, [second.identity]))?.toString(), 'x')
  })

  test('many files at once ask for one passphrase', async () => {
    const file = await sshKey(box, 'many', ['-t', 'ed25519', '-a', '1'], PASSPHRASE)
    const ask = answers(PASSPHRASE)
    const pair = await sshPair(file, ask)
    const sealed = await Promise.all(Array.from({ length: 20 }, (_, i) => seal(`${i}`, pair.publicText)))
    const opened = await Promise.all(sealed.map((one) => openBytes(one, [pair.identity])))
    assert.equal(
      opened.map(String),
      Array.from({ length: 20 }, (_, i) => `${i}`),
    )
    assert.is(ask.asked.length, 1)
  })

  test('a key without a passphrase that opens the file too goes first, wherever it stands', async () => {
    const locked = await sshPair(
      await sshKey(box, 'last', ['-t', 'ed25519', '-a', '1'], PASSPHRASE),
      neverAsk,
    )
    const open = await sshPair(await sshKey(box, 'first', ['-t', 'ed25519']))
    const sealed = await seal('x', locked.publicText, open.publicText)
    assert.is((await openBytes(sealed, [locked.identity, open.identity]))?.toString(), 'x')
  })

  test('nobody to ask: the file stays locked', async () => {
    const file = await sshKey(box, 'nobody', ['-t', 'ed25519', '-a', '1'], PASSPHRASE)
    const pair = await sshPair(file, answers(null))
    assert.is(await openBytes(await seal('x', pair.publicText), [pair.identity]), null)
  })

  for (const cipher of ['aes256-cbc', 'aes192-ctr', 'aes128-ctr', '3des-cbc']) {
    test(`cipher ${cipher} is read`, async () => {
      const file = await sshKey(box, cipher, ['-t', 'ed25519', '-a', '1', '-Z', cipher], PASSPHRASE)
      const pair = await sshPair(file, answers(PASSPHRASE))
      assert.is((await openBytes(await seal('x', pair.publicText), [pair.identity]))?.toString(), 'x')
    })
  }

  for (const cipher of [
    'chacha20-poly1305@openssh.com',
    'aes256-gcm@openssh.com',
    'aes128-gcm@openssh.com',
  ]) {
    test(`cipher ${cipher}: the error names the command that converts the key, and it does`, async () => {
      const file = await sshKey(box, `it's ${cipher}`, ['-t', 'ed25519', '-a', '1', '-Z', cipher], PASSPHRASE)
      const fault = await faultOf(sshPair(file))
      assert.is(fault.code, 'identity')
      assert.match(fault.message, 'a cipher that can not be read here')
      assert.equal(fault.hints, [`ssh-keygen -p -Z aes256-ctr -f '${file.replace("'", "'\\''")}'`])
      await box.ok('sh', ['-c', `${fault.hints[0]} -P "$1" -N "$1"`, 'sh', PASSPHRASE])
      const pair = await sshPair(file, answers(PASSPHRASE))
      assert.is((await openBytes(await seal('x', pair.publicText), [pair.identity]))?.toString(), 'x')
    })
  }

  test('PEM: RSA in PKCS #1 and PKCS #8 is read, and asks for conversion where there is a passphrase', async () => {
    for (const format of ['PEM', 'PKCS8']) {
      const args = ['-t', 'rsa', '-b', '2048', '-m', format]
      const pair = await sshPair(await sshKey(box, `open-${format}`, args))
      assert.is(pair.identity.recipient, pair.recipient.canonical)
      assert.is((await openBytes(await seal('x', pair.publicText), [pair.identity]))?.toString(), 'x')
      const locked = await sshKey(box, `locked-${format}`, args, PASSPHRASE)
      const fault = await faultOf(sshPair(locked))
      assert.match(fault.message, 'PEM private key with a passphrase')
      assert.equal(fault.hints, [`ssh-keygen -p -f ${locked}`])
      await box.ok('sh', ['-c', `${fault.hints[0]} -P "$1" -N "$1"`, 'sh', PASSPHRASE])
      const converted = await sshPair(locked, answers(PASSPHRASE))
      assert.is(
        (await openBytes(await seal('x', converted.publicText), [converted.identity]))?.toString(),
        'x',
      )
    }
  })

  test('keys that age can not use, or that are too short, are refused on both sides', async () => {
    const made: [string, string[], RegExp][] = [
      ['ecdsa', ['-t', 'ecdsa'], /ssh-ed25519 and ssh-rsa keys only/],
      ['short', ['-t', 'rsa', '-b', '1024'], /1024 bits: 2048 at least/],
      ['odd', ['-t', 'rsa', '-b', '2047'], /2047 bits: 2048 at least/],
    ]
    for (const [name, args, message] of made) {
      const file = await sshKey(box, name, args)
      const identity = await faultOf(parseIdentityFile(readFileSync(file), file, neverAsk))
      assert.is(identity.code, 'identity')
      assert.match(identity.message, message)
      assert.throws(() => parseRecipient(readFileSync(`${file}.pub`, 'utf8')), message)
    }
  })

  test('a damaged key is refused at every byte, and nothing of it is in the message', async () => {
    await refusesDamage(await sshKey(box, 'damaged', ['-t', 'ed25519']))
    await refusesDamage(await sshKey(box, 'damaged-rsa', ['-t', 'rsa', '-b', '2048']))
  })
}

async function refusesDamage(file: string): Promise<void> {
  const comment = `test ${basename(file)}`
  const [begin, ...rest] = readFileSync(file, 'latin1').trim().split('\n')
  const body = Buffer.from(rest.slice(0, -1).join(''), 'base64')
  const at = body.indexOf(comment)
  for (let i = 0; i < body.length; i++) {
    // The comment, and the last byte of its length, mean nothing to us.
    if (i >= at - 1 && i < at + comment.length) continue
    const copy = Buffer.from(body)
    copy[i] = (copy[i] as number) ^ 0x01
    const text = [begin, copy.toString('base64'), rest.at(-1), ''].join('\n')
    const fault = await faultOf(parseIdentityFile(Buffer.from(text), 'k', neverAsk))
    assert.is(fault.code, 'identity', `byte ${i}: ${fault.stack}`)
    assert.ok(fault.message.length < 100)
    assert.is(fault.cause, undefined)
  }
  for (let length = 0; length < body.length; length += 7) {
    const text = [begin, body.subarray(0, length).toString('base64'), rest.at(-1), ''].join('\n')
    assert.is((await faultOf(parseIdentityFile(Buffer.from(text), 'k', neverAsk))).code, 'identity')
  }
}

test.run()
