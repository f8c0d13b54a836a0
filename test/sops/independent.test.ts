import { randomBytes } from 'node:crypto'
import { decryptSops as decryptIndependently } from 'sops-age'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { enarmor } from '../../src/age/armor.ts'
import { parseIdentityFile } from '../../src/age/identity-file.ts'
import { parseRecipient } from '../../src/age/recipient.ts'
import { prepareHeader, sealBytes } from '../../src/age/seal.ts'
import { encryptSops } from '../../src/sops/encrypt-sops.ts'
import type { SopsSettings } from '../../src/sops/sops-metadata.ts'

const SECRET = 'AGE-SECRET-KEY-1NJT5YCS2LWU4V4QAJQ6R4JNU7LXPDX602DZ9NUFANVU5GDTGUWCQ5T59M6'
const [identity] = await parseIdentityFile(Buffer.from(`${SECRET}\n`), 'key', async () => null)
const recipient = identity?.recipient as string

async function seal(
  text: string,
  kind: 'yaml' | 'json' | 'dotenv',
  settings?: SopsSettings,
): Promise<string> {
  const dataKey = randomBytes(32)
  const enc = enarmor(sealBytes(await prepareHeader([parseRecipient(recipient)]), dataKey)).toString()
  const options = { dataKey, age: [{ recipient, enc }], lastModified: new Date() }
  return Buffer.from(
    encryptSops(Buffer.from(text), kind, settings === undefined ? options : { ...options, settings }),
  ).toString()
}

const YAML = `# note
a: needle
b: "x" # note
c:
  - 1
  - 1.50
  - [true, "no", {d: e}]
  # note
  - |
    two
    lines
n: null
e: ""
open_unencrypted: [1, text]
`

test('another program opens what was sealed here, and finds the same values and MAC', async () => {
  const yaml = await decryptIndependently(await seal(YAML, 'yaml'), { secretKey: SECRET, fileType: 'yaml' })
  assert.equal(yaml, parse(YAML))
  const json = JSON.stringify(parse(YAML), null, 2)
  const opened = await decryptIndependently(await seal(json, 'json'), { secretKey: SECRET, fileType: 'json' })
  assert.equal(opened, JSON.parse(json))
  const dotenv = await seal('#note\nA=needle x\nB=\nC=a\\nb\n', 'dotenv')
  const env = await decryptIndependently(dotenv, { secretKey: SECRET, fileType: 'env' })
  assert.equal(env, { A: 'needle x', B: '', C: 'a\nb' })
})

test('so it does where settings leave values open', async () => {
  const rules = [
    { name: 'encrypted_regex', value: '^(a|c)$' },
    { name: 'unencrypted_regex', value: '^(a|c)$' },
    { name: 'encrypted_suffix', value: 'c' },
    { name: 'unencrypted_suffix', value: 'c' },
  ] as const
  for (const rule of rules)
    for (const macOnlyEncrypted of [false, true]) {
      const document = await seal(YAML, 'yaml', { rule, macOnlyEncrypted })
      assert.match(document, new RegExp(`^ {4}${rule.name}: `, 'm'))
      assert.is(
        /needle/.test(document),
        rule.name === 'unencrypted_regex' || rule.name === 'encrypted_suffix',
      )
      assert.equal(await decryptIndependently(document, { secretKey: SECRET, fileType: 'yaml' }), parse(YAML))
    }
})

test.run()
