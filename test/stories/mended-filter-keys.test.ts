import { randomBytes } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { AgeIdentity } from '../../src/age/identity.ts'
import { parseRecipient } from '../../src/age/recipient.ts'
import { prepareHeader, sealBytes } from '../../src/age/seal.ts'
import { x25519Identity } from '../../src/age/x25519-identity.ts'
import { textPath } from '../../src/byte-path.ts'
import { NixsecretError } from '../../src/errors.ts'
import { beginSmudge } from '../../src/filter/convert.ts'
import { FilterContext } from '../../src/filter/filter-context.ts'
import type { Smudged } from '../../src/filter/smudge.ts'
import { Sandbox } from '../support/sandbox.ts'

// Whatever a key does, a checkout goes on: the file stays locked.
const box = new Sandbox('nixsecret-smudge')
process.env.XDG_STATE_HOME = box.path('state')
const mine = x25519Identity(Buffer.alloc(32, 3), 'mine')
const gitDir = box.path('git')
const repo = {
  gitDir,
  commonDir: gitDir,
  workTree: null,
  objectFormat: 'sha1',
  stateDir: `${gitDir}/s`,
} as const

async function smudged(blob: Buffer, identities: () => Promise<AgeIdentity[]>): Promise<[string, Buffer]> {
  const context = new FilterContext(repo, null)
  context.keys.identities = identities
  const request = { path: textPath('secrets/x'), blob: null, sealed: false }
  const converting = beginSmudge(context, request, false)
  for (let at = 0; at < blob.length; at += 65_516) await converting.write(blob.subarray(at, at + 65_516))
  const { content, outcome } = (await converting.finish()) as Smudged
  const pieces: Uint8Array[] = []
  if (content instanceof Uint8Array) pieces.push(content)
  else for await (const piece of content) pieces.push(piece)
  converting.discard()
  return [outcome, Buffer.concat(pieces)]
}

for (const size of [100, 3 << 20]) {
  test(`${size} bytes: a key that fails leaves the file to the next key, or locked`, async () => {
    const plain = randomBytes(size)
    const blob = sealBytes(await prepareHeader([parseRecipient(mine.recipient as string)]), plain)
    for (const fault of [
      new NixsecretError('identity', 'damaged'),
      new NixsecretError('passphrase', 'x'),
      7,
    ]) {
      const unwrap = () => Promise.reject(fault)
      const bad: AgeIdentity = { description: 'bad', recipient: null, unwrap }
      const [locked, same] = await smudged(blob, async () => [bad])
      assert.is(locked, 'locked')
      assert.ok(same.equals(blob))
      const [open, content] = await smudged(blob, async () => [bad, mine])
      assert.is(open, 'open')
      assert.ok(content.equals(plain))
      const [none, whole] = await smudged(blob, () => Promise.reject(fault))
      assert.is(none, 'locked')
      assert.ok(whole.equals(blob))
    }
  })
}

test.run()
