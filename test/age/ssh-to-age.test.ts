import { readFileSync } from 'node:fs'
import { sshKeyToAge } from 'sops-age'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parseIdentityFile } from '../../src/age/identity-file.ts'
import { openBytes } from '../../src/age/open.ts'
import { parseRecipient } from '../../src/age/recipient.ts'
import { prepareHeader, sealBytes } from '../../src/age/seal.ts'
import { convertedRecipient } from '../../src/age/ssh/converted-key.ts'
import { withConverted } from '../../src/age/with-converted.ts'

// Keys of ssh-to-age's own tests (https://github.com/Mic92/ssh-to-age, MIT licence); they protect nothing.
const read = (name: string) => readFileSync(new URL(`ssh-to-age/${name}`, import.meta.url))
const convert = (key: string) => convertedRecipient(parseRecipient(key))?.canonical

test('public keys become what ssh-to-age says in its README and tests', () => {
  const eve = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF/KPU3Z5LSjbBI6hrq25wCcseq2UpqSzUFZRr+ux6LM eve'
  const eva = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIL2vjdqpppuCn7yPdF2muINriAG7zBWrsELKpPWkhn5'
  assert.is(convert(eve), 'age1hjm3aujg9e79f5yth8a2cejzdjg5n9vnu96l05p70uvfpeltnpms7yy3pp')
  assert.is(convert(eva), 'age1v8zjc47jmlqwefyu66s0d4ke98qr4vnuj3cpvs4z9npfdw833dxqwjrhzv')
  const own = convert(read('id_ed25519.pub').toString())
  assert.is(own, 'age17044m9wgakla6pzftf4srtl3h5mcsr85jysgt5fg23zpnta8sfdqhzn452')
  assert.is(convert('age1yt3tfqlfrwdwx0z0ynwplcr6qxcxfaqycuprpmy89nr83ltx74tqdpszlw'), undefined)
})

test('another program makes the same private key of it', async () => {
  const secret = sshKeyToAge(read('id_ed25519').toString())
  const [theirs] = await parseIdentityFile(Buffer.from(`${secret}\n`), 'theirs', async () => null)
  assert.is(theirs?.recipient, convert(read('id_ed25519.pub').toString()))
})

for (const name of ['id_ed25519', 'id_ed25519_passphrase'])
  test(`${name} opens what is sealed for the key that ssh-to-age makes of it`, async () => {
    const asked: string[] = []
    const ask = async (prompt: string) => {
      asked.push(prompt)
      return 'test'
    }
    const identities = await parseIdentityFile(read(name), name, ask)
    const recipient = convert(read(`${name}.pub`).toString()) as string
    const sealed = sealBytes(await prepareHeader([parseRecipient(recipient)]), Buffer.from('secret'))
    assert.is(await openBytes(sealed, identities), null)
    const all = withConverted(identities)
    assert.equal(
      all.map((one) => one.recipient),
      [identities[0]?.recipient, recipient],
    )
    assert.is((await openBytes(sealed, all))?.toString(), 'secret')
    // The same passphrase serves the key itself.
    const plain = sealBytes(
      await prepareHeader([parseRecipient(read(`${name}.pub`).toString())]),
      Buffer.from('x'),
    )
    assert.is((await openBytes(plain, all))?.toString(), 'x')
    assert.is(asked.length, name === 'id_ed25519' ? 0 : 1)
  })

test.run()
