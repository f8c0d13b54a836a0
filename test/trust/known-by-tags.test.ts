import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { newSshKey } from '../../src/age/ssh/new-ssh-key.ts'
import { needs } from '../support/needs.ts'
import { RawClone } from './raw-clone.ts'

if (needs('age files that the real age has made', 'age'))
  test('a new age file without a digest is for whom its tags name, and one that was elsewhere for nobody', async () => {
    const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((name) => newSshKey(name).publicKey)
    const clone = await RawClone.begin('')
    const policy = `version = 1\n[recipients]\nalice = "${alice}"\nbob = "${bob}"\n[default]\nto = ["alice", "bob"]\n`
    const made = async (...keys: (string | undefined)[]) => {
      const args = keys.flatMap((key) => ['-r', String(key)])
      return (await clone.box.run('age', args, { input: 'a secret of another tool\n' })).stdout
    }
    await clone.commit({ 'nixsecret.toml': policy, 'secrets/db': await made(alice, bob) })
    await clone.accept()
    const changed = await made(bob, alice)
    await clone.commit({ 'secrets/db': changed, 'secrets/new': await made(alice, bob) })
    assert.equal(await clone.gains(), [])
    await clone.commit({ 'secrets/new': await made(alice, carol), 'secrets/other': await made(alice) })
    const moved = async () =>
      (await clone.gains()).map((gain) => (gain.kind === 'moved' ? `${gain.path} ${gain.names}` : gain.kind))
    assert.equal(await moved(), ['secrets/new alice,bob', 'secrets/other alice,bob'])
    await clone.commit({ 'secrets/new': changed, 'secrets/other': null })
    assert.equal(await moved(), ['secrets/db alice,bob', 'secrets/new alice,bob'])
    await clone.commit({ 'secrets/new': null, 'secrets/db': null, 'secrets/late': changed })
    assert.equal(await moved(), ['secrets/late alice,bob'], 'from an earlier commit')
  })

test.run()
