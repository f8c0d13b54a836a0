import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { x25519Identity } from '../../src/age/x25519-identity.ts'
import { readersWithKeys } from '../../src/blob/readers.ts'
import { openSops, sealSops } from '../../src/blob/sops-files.ts'
import { textPath } from '../../src/byte-path.ts'

// Documents that sops can make and we can't open: one of them must not stop a command that looks at all files.

const path = textPath('secrets/a.yaml')
const identity = x25519Identity(Buffer.alloc(32, 7), 'test')
const readers = readersWithKeys([['me', identity.recipient as string]])
const seal = (text: string, documents: Buffer[] = []) =>
  sealSops(path, Buffer.from(text), readers, { documents, identities: [identity] })

/** The same keys in two groups, as if the data key were split. */
function grouped(document: Buffer): Buffer {
  return Buffer.from(
    document.toString().replace(/ {4}age:\n((?: {8}.*\n)+)/, (_, keys: string) => {
      const deeper = keys.replace(/^/gm, '    ').replace(/ +$/, '')
      return `    key_groups:\n        - age:\n${deeper}        - age:\n${deeper}`
    }),
  )
}

test('a document that is not supported is damaged for us, and can be replaced', async () => {
  const odd = grouped(await seal('a: needle\n'))
  assert.match(odd.toString(), /key_groups/)
  const opened = await openSops(path, odd, [identity])
  assert.is(opened?.state, 'damaged')
  const twice = Buffer.from(odd.toString().replace(/^ {4}mac: .*\n/m, (line) => line + line))
  assert.is((await openSops(path, twice, [identity]))?.state, 'damaged')
  const fresh = await seal('a: other\n', [odd, twice])
  const now = await openSops(path, fresh, [identity])
  assert.is(now?.state === 'open' && now.plaintext.toString(), 'a: other\n')
})

test.run()
