import { randomBytes } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sopsShape } from '../../src/blob/sops-files.ts'
import { textPath } from '../../src/byte-path.ts'
import { decryptSops } from '../../src/sops/decrypt-sops.ts'
import { encryptSops } from '../../src/sops/encrypt-sops.ts'

// The MAC of SOPS is not over settings: whoever can push can change them, with no key.

const dataKey = randomBytes(32)
const options = {
  dataKey,
  age: [
    { recipient: 'age1x', enc: '-----BEGIN AGE ENCRYPTED FILE-----\n-----END AGE ENCRYPTED FILE-----\n' },
  ],
  lastModified: new Date(0),
  refuseNewlyOpen: true,
}
const seal = (text: string, document?: Uint8Array) =>
  encryptSops(Buffer.from(text), 'yaml', {
    ...options,
    ...(document === undefined ? {} : { previous: [{ document }] }),
  })
const withSetting = (document: Uint8Array, setting: string) =>
  Buffer.from(Buffer.from(document).toString().replace('unencrypted_suffix: _unencrypted', setting))
const PLAIN = 'db: hunter-one\nkind: x\n'

for (const setting of [
  'encrypted_regex: ^(db|kind)$',
  'encrypted_suffix: d',
  'unencrypted_regex: pass',
  'unencrypted_suffix: word',
  'unencrypted_comment_regex: new',
]) {
  test(`what ${setting} would leave as plaintext from now on is refused`, () => {
    const document = withSetting(seal(PLAIN), setting)
    if (!setting.startsWith('encrypted_suffix'))
      assert.is(Buffer.from(decryptSops(document, 'yaml', dataKey)).toString(), PLAIN, 'its MAC still fits')
    const refused = () => Buffer.from(seal(`${PLAIN}# new\npassword: hunter-two\n`, document))
    try {
      assert.not.match(refused().toString(), /hunter/)
      assert.match(setting, /^encrypted_suffix/, 'that document does not open, so it counts for nothing')
    } catch (fault) {
      assert.match((fault as Error).message, /^line [34]: .*would leave as plaintext/)
      assert.not.match((fault as Error).message, /hunter/)
    }
  })
}

test('what was plaintext there may change, and names that say so may be new', () => {
  const setting = { rule: { name: 'encrypted_regex', value: '^db$' }, macOnlyEncrypted: false } as const
  const document = encryptSops(Buffer.from(`# note\n${PLAIN}`), 'yaml', { ...options, settings: setting })
  assert.match(Buffer.from(seal(`# note\n${PLAIN.replace('x', 'y')}`, document)).toString(), /^kind: y$/m)
  assert.throws(() => seal(`# other\n${PLAIN}`, document), /would leave as plaintext/)
  const usual = seal(PLAIN)
  assert.match(Buffer.from(seal(`${PLAIN}a_unencrypted: z\n`, usual)).toString(), /^a_unencrypted: z$/m)
})

test('a document that leaves values open by a setting is known, without a key', () => {
  const shape = (bytes: Uint8Array) => {
    const found = sopsShape(textPath('a.yaml'), Buffer.from(bytes))
    return found?.kind === 'sops' ? found.leftOpen : found
  }
  const usual = seal(`${PLAIN}a_unencrypted: z\n`)
  assert.is(shape(usual), null)
  const open = Buffer.from(
    Buffer.from(usual)
      .toString()
      .replace(/^kind: .*$/m, 'kind: hunter-two'),
  )
  assert.is((shape(open) as { kind: string }).kind, 'broken')
  assert.is(shape(withSetting(open, 'unencrypted_regex: .*')), 'unencrypted_regex')
  assert.is(shape(withSetting(usual, 'encrypted_regex: ^(db|kind)$')), 'encrypted_regex')
})

test.run()
