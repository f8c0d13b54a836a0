import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { generateHybridIdentity, identityToRecipient } from 'age-encryption'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeBech32 } from '../../src/age/bech32.ts'
import { parseIdentityFile } from '../../src/age/identity-file.ts'
import { openBytes } from '../../src/age/open.ts'
import { type AgeRecipient, parseRecipient } from '../../src/age/recipient.ts'
import { sealBytes } from '../../src/age/seal.ts'
import { headerFor, unwrapByPlugin } from '../../src/blob/plugins.ts'
import type { Readers } from '../../src/blob/readers.ts'
import { NixsecretError } from '../../src/errors.ts'
import { recipientsDigest, STANZA_TYPE } from '../../src/policy/digest.ts'
import { needs } from '../support/needs.ts'
import { Sandbox } from '../support/sandbox.ts'
import { TestPlugin, testPluginKey } from '../support/test-plugin.ts'

const box = new Sandbox('nixsecret-plugins')
const plugin = new TestPlugin(box)
process.env.PATH = box.env.PATH

const neverAsk = async () => null
const PLAIN = 'age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z'

function readers(...keys: string[]): Readers {
  const recipients: AgeRecipient[] = keys.map(parseRecipient)
  const digest = recipientsDigest(recipients.map(({ canonical }) => canonical))
  return { names: keys, recipients, digest, stanza: { args: [STANZA_TYPE, digest], body: Buffer.alloc(0) } }
}

async function identities(text: string, ask = neverAsk as Parameters<typeof unwrapByPlugin>[0]) {
  return parseIdentityFile(Buffer.from(text), 'keys.txt', ask, { plugins: unwrapByPlugin(ask) })
}

async function seal(plain: Buffer, ...keys: string[]): Promise<Buffer> {
  return sealBytes(await headerFor(readers(...keys)), plain)
}

/** The fault of something that fails, with its hints. */
async function fault(work: () => unknown): Promise<string> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof NixsecretError)) throw error
    return [`${error.code}: ${error.message}`, ...error.hints].join('\n')
  }
  throw new Error('nothing failed')
}

test('what we seal by a plugin we open by it', async () => {
  const key = testPluginKey('plain')
  const plain = randomBytes(70_000)
  const sealed = await seal(plain, key.recipient, PLAIN)
  assert.equal(plugin.starts(), ['recipient-v1'])
  assert.ok((await openBytes(sealed, await identities(`# mine\n${key.identity}\n`)))?.equals(plain))
  assert.equal(plugin.starts(), ['identity-v1'])
  assert.is(await openBytes(sealed, await identities(testPluginKey('plain').identity)), null)
})

test('a plugin that makes several stanzas, and grease', async () => {
  const key = testPluginKey('several')
  const plain = Buffer.from('several')
  const sealed = await seal(plain, key.recipient)
  assert.is(sealed.toString('latin1').match(/^-> nstest/gm)?.length, 3)
  assert.equal(await openBytes(sealed, await identities(key.identity)), plain)
})

const AGES = [
  '/usr/bin/age',
  'age',
  ...(process.env.NIXSECRET_TEST_NIX ?? '').split(':').map((dir) => `${dir}/age`),
]
const programs = new Set(AGES.filter((file) => file === 'age' || existsSync(file)))

if (needs('plugins with the age program', 'age')) {
  for (const age of programs)
    for (const behaviour of ['plain', 'several'] as const)
      test(`${age}, and a key that is ${behaviour}: each opens what the other seals`, async () => {
        const key = testPluginKey(behaviour)
        const file = box.write('keys.txt', `# mine\n${key.identity}\n`)
        for (const size of [0, 70_000]) {
          const plain = randomBytes(size)
          const theirs = await box.run(age, ['-d', '-i', file], {
            input: await seal(plain, key.recipient, PLAIN),
          })
          assert.is(theirs.code, 0, theirs.stderr)
          assert.ok(theirs.stdout.equals(plain))
          const sealed = await box.run(age, ['-r', key.recipient, '-r', PLAIN], { input: plain })
          assert.is(sealed.code, 0, sealed.stderr)
          assert.ok((await openBytes(sealed.stdout, await identities(key.identity)))?.equals(plain))
        }
      })
}

test('plain keys are tried first, and a plugin is started only if none opens', async () => {
  const key = testPluginKey('plain')
  const file = box.path('plain.txt')
  if (!needs('plain keys before plugins', 'age-keygen')) return
  await box.ok('age-keygen', ['-o', file])
  const publicKey = (await box.ok('age-keygen', ['-y', file])).trim()
  const both = await identities(`${key.identity}\n${readFileSync(file, 'utf8')}`)
  const sealed = await seal(Buffer.from('both'), key.recipient, publicKey)
  plugin.starts()
  assert.is((await openBytes(sealed, both))?.toString(), 'both')
  assert.equal(plugin.starts(), [])
  const other = await seal(Buffer.from('plugin'), key.recipient)
  plugin.starts()
  assert.is((await openBytes(other, both))?.toString(), 'plugin')
  assert.equal(plugin.starts(), ['identity-v1'])
})

test('an age key file under a passphrase may hold a plugin key', async () => {
  if (!needs('an encrypted file with a plugin key', 'age', 'expect')) return
  const key = testPluginKey('plain')
  const file = box.write('inner.txt', `${key.identity}\n`)
  const script = `set timeout 100
spawn age -p -o ${box.path('outer.age')} ${file}
expect -re {assphrase[^\\n]*: ?$}
send "sesame\\r"
expect -re {assphrase[^\\n]*: ?$}
send "sesame\\r"
expect eof`
  await box.ok('expect', ['-c', script])
  const asked: string[] = []
  const ask = async (prompt: string) => {
    asked.push(prompt)
    return 'sesame'
  }
  const found = await parseIdentityFile(readFileSync(box.path('outer.age')), 'outer', ask, {
    plugins: unwrapByPlugin(ask),
  })
  const sealed = await seal(Buffer.from('inner'), key.recipient)
  assert.is((await openBytes(sealed, found))?.toString(), 'inner')
  assert.equal(asked, ['passphrase for outer'])
})

test('questions of a plugin reach the one who is asked', async () => {
  const key = testPluginKey('pin')
  const sealed = await seal(Buffer.from('guarded'), key.recipient)
  const asked: string[] = []
  const ask = async (prompt: string, kind?: string) => {
    asked.push(`${kind}: ${prompt}`)
    return '1234'
  }
  assert.is((await openBytes(sealed, await identities(key.identity, ask)))?.toString(), 'guarded')
  assert.equal(asked, ['secret: age-plugin-nstest: PIN of the test key'])
  const toWrap = testPluginKey('pinToWrap')
  await headerFor(readers(toWrap.recipient), ask)
  assert.is(asked.at(-1), 'secret: age-plugin-nstest: PIN to encrypt')
  const refused = await fault(() => headerFor(readers(toWrap.recipient)))
  assert.match(
    refused,
    /^passphrase: age-plugin-nstest, needed .*, failed: no PIN; it asks for something, which is not done/,
  )
  assert.match(refused, /\ngit nixsecret edit PATH/)
})

test('what goes wrong is told with the plugin and the key', async () => {
  const sealing: [Parameters<typeof testPluginKey>[0], RegExp][] = [
    [
      'error',
      /^recipient: age-plugin-nstest, needed to encrypt to age1nstest1.*…\w+, failed: "this key\\033\[2J was revoked"$/,
    ],
    ['dies', /ended before it was done \(the device is on fire\)$/],
    ['floods', /sent more than/],
    ['garbage', /sent something else than a message/],
    ['repeats', /sent more than 4096 messages$/],
    ['poses', /not a plugin's: X25519$/],
  ]
  for (const [behaviour, expected] of sealing)
    assert.match(await fault(() => seal(Buffer.alloc(1), testPluginKey(behaviour).recipient)), expected)
  const missing = parseRecipient('age1nonexistentplugin1pt5d8z').canonical
  assert.match(
    await fault(() => seal(Buffer.alloc(1), missing)),
    /^missing: age-plugin-nonexistentplugin is not on PATH: it is needed to encrypt to age1nonexistentplugin1pt5d8z\ncommand -v/,
  )
})

test('what goes wrong while opening keeps no other key from opening', async () => {
  const good = testPluginKey('plain')
  const sealed = await seal(Buffer.from('fine'), good.recipient)
  for (const behaviour of ['error', 'dies', 'floods', 'garbage', 'repeats'] as const) {
    const bad = testPluginKey(behaviour)
    const both = await identities(`${bad.identity}\n${good.identity}\n`)
    const faults: unknown[] = []
    const opened = await openBytes(sealed, both, null, (error) => faults.push(error))
    assert.is(opened?.toString(), 'fine', behaviour)
    assert.match(String(faults[0]), /age-plugin-nstest, needed for the key in keys\.txt:1, /)
  }
})

test('a plugin may say that its keys go with post-quantum ones', async () => {
  const pq = await identityToRecipient(await generateHybridIdentity())
  const label = testPluginKey('postQuantum').recipient
  assert.is(sealBytes(await headerFor(readers(pq, label)), Buffer.alloc(1)).includes('-> nstest'), true)
  const refused = await fault(() => headerFor(readers(pq, testPluginKey('plain').recipient)))
  assert.match(refused, /^recipient: keys of the plugin nstest may not be mixed/)
})

test('what is on PATH, but does not start, is named', async () => {
  box.write('bin/age-plugin-broken', '#!/nowhere/sh\n', 0o755)
  const key = encodeBech32('age1broken', Buffer.alloc(9, 9))
  assert.match(
    await fault(() => seal(Buffer.alloc(1), key)),
    /^recipient: age-plugin-broken, needed .*, ended before/,
  )
  // A program that does not read is none that keeps us waiting.
  box.write('bin/age-plugin-deaf', '#!/bin/sh\nexec 0<&-\nexit 0\n', 0o755)
  const deaf = encodeBech32('age1deaf', Buffer.alloc(4000, 9))
  assert.match(
    await fault(() => seal(Buffer.alloc(1), deaf)),
    /^recipient: age-plugin-deaf, needed .*, ended before/,
  )
})

test('labels: keys that may not be mixed are not', async () => {
  const plain = testPluginKey('plain')
  const label = testPluginKey('label')
  await headerFor(readers(label.recipient, testPluginKey('label').recipient))
  for (const other of [plain.recipient, PLAIN, testPluginKey('postQuantum').recipient]) {
    const refused = await fault(() => headerFor(readers(label.recipient, other)))
    assert.match(refused, /^recipient: keys of the plugin nstest may not be mixed with the others here/)
  }
})

test('a plugin that hangs is ended where nobody is there to do it, and is not started again', async () => {
  const key = testPluginKey('hangs')
  const started = Date.now()
  assert.match(await fault(() => seal(Buffer.alloc(1), key.recipient)), /did not end within 20 seconds/)
  assert.ok(Date.now() - started < 30_000)
  plugin.starts()
  assert.match(await fault(() => seal(Buffer.alloc(1), key.recipient)), /is left alone now$/)
  assert.equal(plugin.starts(), [])
})

test.run()
