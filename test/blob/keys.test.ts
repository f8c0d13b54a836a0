import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parseRecipient } from '../../src/age/recipient.ts'
import { prepareHeader, sealBytes } from '../../src/age/seal.ts'
import { x25519Identity } from '../../src/age/x25519-identity.ts'
import { Keys } from '../../src/blob/keys.ts'
import { openBlob } from '../../src/blob/open-blob.ts'
import { sshKey } from '../age/keys.ts'
import { needs } from '../support/needs.ts'
import { Sandbox } from '../support/sandbox.ts'

const box = new Sandbox('nixsecret-keys')

if (needs('a key made by ssh-keygen', 'ssh-keygen')) {
  test('a key that fails when it is used: a problem, said once, with nothing of the cause', async () => {
    const file = await sshKey(box, 'locked', ['-t', 'ed25519', '-a', '4'], 'pass')
    const recipients = [parseRecipient(readFileSync(`${file}.pub`, 'utf8').trim())]
    const blob = sealBytes(await prepareHeader(recipients), Buffer.from('x'))
    process.env.NIXSECRET_IDENTITY = file
    const keys = new Keys({}, async () => {
      throw new TypeError('hunter2')
    })
    for (let i = 0; i < 2; i++) assert.is((await openBlob(blob, await keys.identities())).state, 'locked')
    assert.equal(
      keys.problems.map(({ code }) => code),
      ['identity'],
    )
    assert.match(keys.problems[0]?.message ?? '', file)
    assert.not.match(
      JSON.stringify(keys.problems[0], Object.getOwnPropertyNames(keys.problems[0])),
      'hunter2',
    )
  })
}

test('an open blob comes with its header', async () => {
  const identity = x25519Identity(Buffer.alloc(32, 9), 'mine')
  const header = await prepareHeader([parseRecipient(identity.recipient as string)])
  const opened = await openBlob(sealBytes(header, Buffer.from('x')), [identity])
  assert.is(opened.state === 'open' && opened.header.length, header.bytes.length)
})

test.run()
