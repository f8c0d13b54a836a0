import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { armoredSize, enarmor, MAX_ARMORED_SIZE } from '../../src/age/armor.ts'
import type { AgeIdentity } from '../../src/age/identity.ts'
import { inspectBlob } from '../../src/age/inspect.ts'
import { openBytes } from '../../src/age/open.ts'
import { parseRecipient } from '../../src/age/recipient.ts'
import { prepareHeader, sealBytes } from '../../src/age/seal.ts'
import { x25519Identity } from '../../src/age/x25519-identity.ts'
import { NixsecretError } from '../../src/errors.ts'

const mine = x25519Identity(Buffer.alloc(32, 7), 'mine')
const sealed = sealBytes(
  await prepareHeader([parseRecipient(mine.recipient as string)]),
  Buffer.from('a secret'),
)

function failing(fault: unknown, asynchronous: boolean): AgeIdentity {
  const unwrap = () => {
    if (asynchronous) return Promise.reject(fault)
    throw fault
  }
  return { description: 'failing', recipient: null, unwrap }
}

test('an identity that fails opens nothing, is told of, and keeps no other from opening', async () => {
  for (const fault of [new NixsecretError('identity', 'damaged'), new TypeError('raw'), 'text']) {
    for (const asynchronous of [false, true]) {
      const heard: unknown[] = []
      const note = (thrown: unknown) => heard.push(thrown)
      const bad = failing(fault, asynchronous)
      assert.is((await openBytes(sealed, [bad, mine], null, note))?.toString(), 'a secret')
      assert.is(await openBytes(sealed, [bad], null, note), null)
      assert.equal(heard, [fault, fault])
    }
  }
})

test('a stanza that one identity finds broken: damaged only where no other opens it', async () => {
  const bad = failing(new NixsecretError('format', 'broken stanza'), false)
  assert.is((await openBytes(sealed, [bad, mine]))?.toString(), 'a secret')
  try {
    await openBytes(sealed, [bad])
    assert.unreachable()
  } catch (fault) {
    assert.is((fault as NixsecretError).code, 'format')
  }
})

test('the size of armor is known beforehand, and armor beyond the limit is broken', () => {
  for (const size of [0, 1, 2, 3, 47, 48, 49, 96, 1000])
    assert.is(enarmor(Buffer.alloc(size)).length, armoredSize(size), String(size))
  const large = Buffer.alloc(MAX_ARMORED_SIZE + 1, '-----BEGIN AGE ENCRYPTED FILE-----\n')
  assert.match((inspectBlob(large, large.length) as { reason: string }).reason, 'larger than 64 MiB')
})

test.run()
