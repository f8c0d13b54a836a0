import { randomBytes } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sopsShape } from '../../src/blob/sops-files.ts'
import { textPath } from '../../src/byte-path.ts'
import { encryptSops } from '../../src/sops/encrypt-sops.ts'

// Master keys that one program sees and another does not must not pass for a document of the policy's readers alone.

const options = {
  dataKey: randomBytes(32),
  age: [
    { recipient: 'age1x', enc: '-----BEGIN AGE ENCRYPTED FILE-----\n-----END AGE ENCRYPTED FILE-----\n' },
  ],
  lastModified: new Date(0),
}
const yaml = Buffer.from(encryptSops(Buffer.from('a: x\n'), 'yaml', options)).toString()
const json = Buffer.from(encryptSops(Buffer.from('{"a": "x"}'), 'json', options)).toString()
const PGP = `- fp: AAAA
          created_at: "2020-01-01T00:00:00Z"
          enc: x`
const shape = (name: string, text: string) => sopsShape(textPath(name), Buffer.from(text))
const withYaml = (lines: string) => yaml.replace(/^ {4}version:/m, `    ${lines}\n    version:`)

test('the documents themselves are sound', () => {
  assert.is(shape('a.yaml', yaml)?.kind, 'sops')
  assert.is(shape('a.json', json)?.kind, 'sops')
})

test('one other kind of key is told', () => {
  const found = shape('a.yaml', withYaml(`pgp:\n        ${PGP}`))
  assert.equal(found?.kind === 'sops' && found.metadata.otherKeys, ['pgp'])
})

for (const [what, name, text] of [
  ['the same kind twice', 'a.yaml', withYaml(`pgp:\n        ${PGP}\n    pgp:\n        ${PGP}`)],
  [
    'groups beside keys',
    'a.yaml',
    withYaml(`key_groups:\n        - pgp:\n            - fp: AAAA\n              enc: x`),
  ],
  ['a name in capitals', 'a.yaml', withYaml(`PGP:\n        ${PGP}`)],
  [
    'a name in capitals, in JSON',
    'a.json',
    json.replace(/"version"/, '"Pgp": [{"fp": "AAAA", "enc": "x"}], "version"'),
  ],
] as const) {
  test(`no sound document: ${what}`, () => {
    assert.not.match(text, /^$/)
    assert.is(shape(name, text)?.kind, 'broken')
  })
}

test('settings of a later document of the file do not count', () => {
  const value = /ENC\[[^\]]*\]/.exec(yaml)?.[0]
  const mac = /^ {4}mac: .*$/m.exec(yaml)?.[0]
  const second = `---\nq: ${value}\npassword: hunter-two\nsops:\n    unencrypted_regex: .*\n${mac}\n    lastmodified: x\n`
  assert.is(shape('a.yaml', yaml + second)?.kind, 'broken')
})

test.run()
