import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Decrypter, Encrypter, generateHybridIdentity, identityToRecipient } from 'age-encryption'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { dearmor, enarmor } from '../../src/age/armor.ts'
import { parseIdentityFile } from '../../src/age/identity-file.ts'
import { openBytes } from '../../src/age/open.ts'
import { parseRecipient } from '../../src/age/recipient.ts'
import { prepareHeader, sealBytes } from '../../src/age/seal.ts'
import { needs } from '../support/needs.ts'
import { Sandbox } from '../support/sandbox.ts'
import { agePair, type KeyPair, neverAsk, sshKey, sshPair } from './keys.ts'

const SIZES = [0, 1, 65_535, 65_536, 65_537, 5 << 20]
const OURS = { args: ['git-nixsecret/v1', 'Vg7EizEiThzt1E2XQySBww'], body: Buffer.alloc(0) }
const box = new Sandbox('nixsecret-age')

const KINDS: Record<string, () => Promise<KeyPair>> = {
  x25519: () => agePair(box, 'x25519'),
  'ssh-ed25519': async () => sshPair(await sshKey(box, 'ed25519', ['-t', 'ed25519'])),
  'ssh-rsa 2048': async () => sshPair(await sshKey(box, 'rsa2048', ['-t', 'rsa', '-b', '2048'])),
  'ssh-rsa 3072': async () => sshPair(await sshKey(box, 'rsa3072', ['-t', 'rsa', '-b', '3072'])),
}

/** Both directions between us and the program, with one key, for every size. */
async function bothWays({ file, recipient, identity, publicText }: KeyPair): Promise<void> {
  assert.is(identity.recipient, recipient.canonical)
  for (const size of SIZES) {
    const plain = randomBytes(size)
    const sealed = sealBytes(await prepareHeader([recipient], [OURS]), plain)
    const theirs = await box.run('age', ['-d', '-i', file], { input: sealed })
    assert.is(theirs.code, 0, theirs.stderr)
    assert.ok(theirs.stdout.equals(plain), `${size} bytes, from us to age`)
    const input = box.write('plain', plain)
    await box.ok('age', ['-r', publicText.trim(), '-o', box.path('sealed'), input])
    const opened = await openBytes(readFileSync(box.path('sealed')), [identity])
    assert.ok(opened?.equals(plain), `${size} bytes, from age to us`)
  }
}

if (needs('files from and for the age program', 'age', 'age-keygen', 'ssh-keygen')) {
  for (const [kind, make] of Object.entries(KINDS))
    test(`${kind}: age opens what we seal, and we open what age seals`, async () => bothWays(await make()))

  test('several recipients: each of them opens the file', async () => {
    const pairs = await Promise.all([
      agePair(box, 'one'),
      agePair(box, 'two'),
      sshPair(await sshKey(box, 'three', ['-t', 'ed25519'])),
      sshPair(await sshKey(box, 'four', ['-t', 'rsa', '-b', '2048'])),
    ])
    const header = await prepareHeader(
      pairs.map((pair) => pair.recipient),
      [OURS],
    )
    const sealed = sealBytes(header, Buffer.from('for all'))
    const theirs = box.path('theirs')
    const recipients = pairs.flatMap((pair) => ['-r', pair.publicText.trim()])
    await box.ok('age', [...recipients, '-a', '-o', theirs], { input: 'for all' })
    for (const pair of pairs) {
      assert.is(await box.ok('age', ['-d', '-i', pair.file], { input: sealed }), 'for all')
      assert.is((await openBytes(sealed, [pair.identity]))?.toString(), 'for all')
      assert.is((await openBytes(dearmor(readFileSync(theirs)), [pair.identity]))?.toString(), 'for all')
    }
    const stranger = await agePair(box, 'stranger')
    assert.is(await openBytes(sealed, [stranger.identity]), null)
  })

  test('age opens what we armor, and we open what age armors', async () => {
    const pair = await agePair(box, 'armor')
    for (const size of [0, 1, 27, 28, 29, 48, 1000, 100_000]) {
      const plain = randomBytes(size)
      const sealed = enarmor(sealBytes(await prepareHeader([pair.recipient]), plain))
      const theirs = await box.run('age', ['-d', '-i', pair.file], { input: sealed })
      assert.ok(theirs.code === 0 && theirs.stdout.equals(plain), theirs.stderr)
      const armored = await box.run('age', ['-a', '-r', pair.publicText], { input: plain })
      assert.ok((await openBytes(dearmor(armored.stdout), [pair.identity]))?.equals(plain))
      assert.ok(enarmor(dearmor(armored.stdout)).equals(armored.stdout))
    }
  })
}

test('post-quantum: age-encryption opens what we seal, and we open what it seals', async () => {
  const secret = await generateHybridIdentity()
  const publicText = await identityToRecipient(secret)
  const recipient = parseRecipient(publicText)
  const identities = await parseIdentityFile(Buffer.from(`# pq\n${secret}\n`), 'pq', neverAsk)
  assert.is(identities[0]?.recipient, recipient.canonical)
  assert.is(recipient.canonical, publicText)
  const decrypter = new Decrypter()
  decrypter.addIdentity(secret)
  const encrypter = new Encrypter()
  encrypter.addRecipient(publicText)
  for (const size of SIZES) {
    const plain = randomBytes(size)
    const sealed = sealBytes(await prepareHeader([recipient], [OURS]), plain)
    assert.ok(Buffer.from(await decrypter.decrypt(sealed)).equals(plain))
    const opened = await openBytes(await encrypter.encrypt(plain), identities)
    assert.ok(opened?.equals(plain))
  }
})

test('post-quantum: the age program, where it knows such keys', async () => {
  if (!needs('post-quantum files from and for the age program', 'age', 'age-keygen')) return
  const file = box.path('pq')
  const made = await box.run('age-keygen', ['-pq', '-o', file])
  if (made.code !== 0) return // age before 1.3: age-encryption, in the test above, is the other side
  const publicText = (await box.ok('age-keygen', ['-y', file])).trim()
  const [identity] = await parseIdentityFile(readFileSync(file), file, neverAsk)
  assert.ok(identity)
  await bothWays({ file, publicText, recipient: parseRecipient(publicText), identity })
})

test.run()
