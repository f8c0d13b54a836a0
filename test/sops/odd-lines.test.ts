import { randomBytes } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { encryptSops } from '../../src/sops/encrypt-sops.ts'
import { sealValue } from '../../src/sops/sealed-value.ts'
import type { SopsKind } from '../../src/sops/sops-kind.ts'
import { sopsValue } from '../../src/sops/sops-value.ts'

// Names are plaintext in a SOPS document: no part of a value may be taken for one.

const options = {
  dataKey: randomBytes(32),
  age: [
    { recipient: 'age1x', enc: '-----BEGIN AGE ENCRYPTED FILE-----\n-----END AGE ENCRYPTED FILE-----\n' },
  ],
  lastModified: new Date(0),
}
const seal = (text: string, kind: SopsKind) => Buffer.from(encryptSops(Buffer.from(text), kind, options))

for (const [kind, text, line] of [
  ['dotenv', 'A=1\nKEY="first\nNEEDLEneedleNEEDLE=="\n', 2],
  ['dotenv', "KEY='first\nneedle=x'\n", 1],
  ['dotenv', 'KEY=first\nNEED/LE+needle==\n', 2],
  ['dotenv', 'KEY=first\nNEED/LE+needle=\n', 2],
  ['dotenv', ' #NEEDLE=1\n', 1],
  ['dotenv', 'needle needle=1\n', 1],
  ['ini', '[a]\nkey = "first\nneedle=="\n', 2],
  ['ini', '[a]\nkey = first\n  NEEDLEneedleNEEDLE==\n', 3],
] as const) {
  test(`refused: ${JSON.stringify(text)} as ${kind}`, () => {
    try {
      seal(text, kind)
    } catch (fault) {
      assert.match((fault as Error).message, new RegExp(`^line ${line}: .*leave .*plaintext`))
      assert.not.match((fault as Error).message, /needle/i)
      return
    }
    assert.unreachable('it was made a document')
  })
}

for (const [kind, text] of [
  ['dotenv', 'export A=1\nB_c.d-2 = "x y"\nE=\nF=a"b\nG="a" # b\nH=""\nI="a\nJ=x\n'],
  ['ini', '[core]\n\tbare = false\na b/c = "x" y\nkey = """"x\n"needle==\nNEEDLEneedleNEEDLE=="""\n'],
] as const)
  test(`taken: ${JSON.stringify(text)} as ${kind}`, () => {
    assert.not.match(seal(text, kind).toString(), /needle/i)
  })

test('a name that git has already may stay', () => {
  const sealed = sealValue(sopsValue('str', '1'), options.dataKey, 'a b:')
  const odd = Buffer.from(
    seal('ab=1\n', 'dotenv')
      .toString()
      .replace(/^ab=.*$/m, () => `a b=${sealed}`),
  )
  const after = encryptSops(Buffer.from('a b=2\n'), 'dotenv', { ...options, previous: [{ document: odd }] })
  assert.match(Buffer.from(after).toString(), /^a b=ENC/m)
})

test.run()
