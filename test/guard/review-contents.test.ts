import { generateKeyPairSync } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { textPath } from '../../src/byte-path.ts'
import { scanContent } from '../../src/guard/content/scan-content.ts'
import { nixFacts } from '../../src/nix/nix-facts.ts'

const VALUE = `ENC[AES256_GCM,data:AAAA,iv:${'A'.repeat(43)}=,tag:${'A'.repeat(22)}==,type:str]`

function newKey(): string[] {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return privateKey.export({ type: 'pkcs1', format: 'pem' }).toString().trim().split('\n')
}

async function kinds(text: string, path = 'a.yaml'): Promise<string[]> {
  return (await scanContent(textPath(path), Buffer.from(text))).map(({ what, line }) => `${line} ${what}`)
}

test('what a SOPS document leaves as plaintext is read', async () => {
  const key = newKey()
  const sops = `sops:\n  mac: ${VALUE}\n  version: "3"\n`
  const block = key.map((line) => `    ${line}`).join('\n')
  assert.equal(await kinds(`a: ${VALUE}\n${sops}`), [])
  assert.equal(await kinds(`a: ${VALUE}\nb_unencrypted: |\n${block}\n${sops}`), ['3 RSA private key'])
  assert.equal(await kinds(`a: ${VALUE}\nb: |\n${block}\n${sops}  encrypted_regex: ^a$\n`), [
    '3 RSA private key',
  ])
  const token = `ghp${'_'}${'aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF3hJ5'}`
  assert.equal(await kinds(`a: ${VALUE}\nb: ${token}\n${sops}  encrypted_regex: ^a$\n`), ['2 GitHub token'])
})

test('a key in a patch, in one line, as parts that are added up, with old line ends', async () => {
  const key = newKey()
  for (const text of [
    key.map((line) => `+${line}`).join('\n'),
    key.join(' '),
    key.map((line) => `  "${line}\\n" +`).join('\n'),
    key.map((line) => `  + "${line}\\n"`).join('\n'),
    key.join('\r'),
  ])
    assert.equal(await kinds(text, 'x'), ['1 RSA private key'], text.slice(0, 60))
  const [begin = '', first = '', ...rest] = key
  assert.equal(await kinds([begin, `${first} and more`, ...rest].join('\n'), 'x'), [])
})

test('both sides of a conflict that was committed', () => {
  const text = [
    '{',
    '<<<<<<< HEAD',
    '  services.a.password = "xK9fP2mQ7vL4wR8t";',
    '||||||| base',
    '=======',
    '  services.b.password = "mQ7vL4wR8txK9fP2";',
    '>>>>>>> topic',
    '}',
  ].join('\n')
  const found = nixFacts(text).map(
    ({ kind, offset }) => `${kind} ${text.slice(0, offset).split('\n').length}`,
  )
  assert.equal(found, ['inline-secret 3', 'inline-secret 6'])
})

test('what hides the rest of a Nix file is told', () => {
  const rest = '\n  services.a.password = x;\n}'
  for (const start of ['{ a = "b;', "{ a = ''b;", '{ /* b;'])
    assert.equal(
      nixFacts(start + rest).map(({ kind }) => kind),
      ['unreadable'],
      start,
    )
  for (const fine of ['# password\n', '/* password */', '{ password = 1 }', '{ x = ; password = 1; }'])
    assert.equal(nixFacts(fine), [], fine)
})

test.run()
