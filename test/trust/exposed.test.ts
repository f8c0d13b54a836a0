import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { dearmor, enarmor } from '../../src/age/armor.ts'
import { policyFrom } from '../../src/blob/policy-from.ts'
import { refuseNewlyOpen } from '../../src/blob/trust/moved/newly-open.ts'
import type { BytePath } from '../../src/byte-path.ts'
import { CatFile } from '../../src/git/cat-file.ts'
import { pathsOfBlobs } from '../../src/git/paths-of-blobs.ts'
import { RawClone } from './raw-clone.ts'

const RULES = `[[rule]]
paths = ["/secrets/public/**", "/secrets/both/**"]
store = "plaintext"

[[rule]]
paths = ["/secrets/docs/**", "/secrets/both/**"]
format = "sops"
`
const MOTD = 'secrets/public/motd'

/** What the build would say. */
async function forStore(clone: RawClone, oid: string | null = null): Promise<string | null> {
  const git = { cwd: clone.dir }
  const catFile = new CatFile(git)
  try {
    const policy = policyFrom(readFileSync(join(clone.dir, 'nixsecret.toml'), 'utf8'))
    await refuseNewlyOpen([MOTD as BytePath], oid, policy, { catFile, git, repo: await clone.repo() })
    return null
  } catch (fault) {
    return (fault as Error).message
  } finally {
    catFile.close()
  }
}

test('ciphertext that came to where the store may have plaintext, from where it may not', async () => {
  const clone = await RawClone.begin(RULES)
  const [old, db, motd] = await Promise.all(['old', 'db', 'motd'].map((text) => clone.sealed(text)))
  if (!old || !db || !motd) throw new Error('no ciphertext')
  const text = await clone.sealed('armored', ['alice', 'bob'], true)
  await clone.commit({ 'secrets/db': old, 'secrets/text': text })
  await clone.commit({ 'secrets/db': db, 'secrets/text': null, [MOTD]: motd })
  await clone.accept()
  assert.is(await forStore(clone), null)
  // A colleague's change, new file, and new name.
  await clone.commit({ [MOTD]: await clone.sealed('changed'), 'secrets/public/new': motd })
  assert.equal(await clone.short(), [])
  assert.is(await forStore(clone), null)
  assert.equal(await clone.restricted(MOTD), { names: ['alice', 'bob'], fault: null })
  await clone.observe()
  const base = await clone.git('rev-parse', 'HEAD')
  const armored = Buffer.from(`${enarmor(old).toString('latin1').replaceAll('\n', '\r\n')}  \n`)
  const ways: [what: string, from: string, files: Record<string, Buffer | null>][] = [
    ['copied', 'secrets/db', { [MOTD]: db }],
    ['moved', 'secrets/db', { [MOTD]: db, 'secrets/db': null }],
    ['an older version', 'secrets/db', { [MOTD]: old }],
    ['put into armor', 'secrets/db', { [MOTD]: armored }],
    ['taken out of armor', 'secrets/text', { [MOTD]: dearmor(text) }],
  ]
  for (const [what, from, files] of ways) {
    await clone.git('reset', '-q', '--hard', base)
    await clone.commit(files)
    const gain = [`moved store ${MOTD} < ${from}`]
    assert.equal(await clone.short(), gain, what)
    assert.match((await forStore(clone)) ?? '', `has the ciphertext of ${from}`, what)
    // Nobody accepts it by looking at it, nor by making something else of it.
    await clone.observe()
    assert.equal(await clone.short(), gain, what)
    assert.match((await clone.restricted(MOTD)).fault ?? '', 'the Nix store', what)
  }
  assert.is(await forStore(clone, await clone.git('rev-parse', `${base}:${MOTD}`)), null)
  await clone.git('commit', '-q', '--amend', '-m', 'amended')
  await clone.accept()
  assert.equal(await clone.short(), [])
  assert.is(await forStore(clone), null)
})

test('what was moved first, before the path is opened to the store', async () => {
  const clone = await RawClone.begin('')
  const db = await clone.sealed('db')
  await clone.commit({ 'secrets/db': db })
  await clone.accept()
  await clone.commit({ [MOTD]: db })
  assert.equal(await clone.short(), [])
  await clone.observe()
  await clone.commit({ 'nixsecret.toml': clone.policy(RULES) })
  assert.ok((await clone.short()).includes(`moved store ${MOTD} < secrets/db`))
})

test('documents for the store, by their data key', async () => {
  const clone = await RawClone.begin(RULES)
  const [one = '', other = ''] = ['secrets/both/one.yaml', 'secrets/docs/other.yaml']
  const [first, second] = [await clone.document(one, 'a: 1\n'), await clone.document(other, 'b: 2\n')]
  await clone.commit({ [one]: first, [other]: second })
  await clone.accept()
  // Text around the values is nobody's proof.
  await clone.commit({ [one]: Buffer.concat([Buffer.from('# changed\n'), first]) })
  assert.equal(await clone.short(), [])
  await clone.commit({ [one]: Buffer.concat([Buffer.from('# changed\n'), second]) })
  assert.equal(await clone.short(), [`moved store ${one} < ?`])
})

test('an age file that came to where documents are', async () => {
  const clone = await RawClone.begin(RULES)
  const db = await clone.sealed('db')
  await clone.commit({ 'secrets/db': db })
  await clone.accept()
  await clone.commit({ 'secrets/docs/db': db, 'secrets/docs/new': await clone.sealed('new') })
  assert.equal(await clone.short(), ['moved format secrets/docs/db < secrets/db'])
  assert.match((await clone.restricted('secrets/docs/db')).fault ?? '', 'names of its keys')
  assert.equal(await clone.restricted('secrets/docs/new'), { names: ['alice', 'bob'], fault: null })
  await clone.accept()
  assert.is((await clone.restricted('secrets/docs/db')).fault, null)
})

test('paths of blobs: merges, what only a reflog has, and histories that are too long', async () => {
  const clone = await RawClone.begin(RULES)
  const git = { cwd: clone.dir }
  await clone.commit({ a: 'a\n' })
  await clone.git('checkout', '-q', '-b', 'side')
  await clone.commit({ 'odd\n\u00e9': 'only here\n' })
  const oid = await clone.git('rev-parse', 'HEAD:odd\n\u00e9')
  await clone.git('checkout', '-q', 'main')
  await clone.commit({ b: 'b\n' })
  await clone.git('merge', '-q', '--no-commit', 'side')
  await clone.commit({ evil: 'in the merge\n' })
  const evil = await clone.git('rev-parse', 'HEAD:evil')
  await clone.git('reset', '-q', '--hard', 'HEAD^')
  await clone.git('branch', '-q', '-D', 'side')
  const found = await pathsOfBlobs(new Set([oid, evil, '0'.repeat(39).concat('1')]), git)
  const odd = Buffer.from('odd\n\u00e9').toString('latin1')
  assert.equal(
    found,
    new Map([
      [oid, new Set([odd])],
      [evil, new Set(['evil'])],
    ]),
  )
  assert.is(await pathsOfBlobs(new Set([oid]), git, 2), null)
})

test.run()
