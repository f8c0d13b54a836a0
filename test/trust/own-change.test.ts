import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { OwnChange } from '../../src/blob/trust/accept.ts'
import { loadTrust } from '../../src/blob/trust/trust-state.ts'
import { CatFile } from '../../src/git/cat-file.ts'
import { RawClone } from './raw-clone.ts'

const OTHER = '[[rule]]\npaths = ["/other/**"]\nto = ["bob"]\n'
const MINE = '[[rule]]\npaths = ["/mine/**"]\nto = ["alice", "wanda"]\n'
const THEIRS = '[[rule]]\npaths = ["/**"]\nto = ["alice", "bob", "wanda"]\n'

test('what somebody else writes while a command changes the policy is not accepted with it', async () => {
  const clone = await RawClone.begin(OTHER)
  await clone.commit({ 'secrets/db': await clone.sealed('db') })
  await clone.accept()
  const edit = (text: string) => text.replace(OTHER, MINE + OTHER)
  const mine = edit(clone.policy(OTHER))
  for (const [written, isAll] of [
    [mine, true],
    [clone.policy(THEIRS), false],
    [edit(clone.policy(OTHER + THEIRS)), false],
  ] as const) {
    clone.write({ 'nixsecret.toml': clone.policy(OTHER) })
    await clone.accept()
    const own = await OwnChange.begin(await clone.repo())
    clone.write({ 'nixsecret.toml': written })
    assert.is(await own.accept(edit), isAll)
    assert.equal(loadTrust(await clone.repo()).state?.policies, [mine])
  }
  // Lines of attributes, too.
  clone.write({ 'nixsecret.toml': clone.policy(OTHER) })
  await clone.accept()
  const own = await OwnChange.begin(await clone.repo())
  clone.write({
    'nixsecret.toml': mine,
    '.gitattributes': 'secrets/** filter=nixsecret\nsecrets/db -filter\n',
  })
  assert.is(await own.accept(edit), false)
  assert.ok((await clone.short()).some((gain) => gain.startsWith('git +secrets/db -filter')))
})

test('lines that are too many are not kept, and what was accepted is', async () => {
  const clone = await RawClone.begin(OTHER)
  await clone.commit({ 'secrets/db': await clone.sealed('db') })
  await clone.accept()
  const more = Array.from({ length: 40_000 }, (_, i) => `a/very/long/name/${i} filter=nixsecret\n`).join('')
  await clone.commit({ '.gitattributes': `secrets/** filter=nixsecret -text\n${more}` })
  await clone.observe()
  const { state } = loadTrust(await clone.repo())
  assert.is([...(state?.attributes.values() ?? [])].flat().length, 1)
  assert.equal(state?.policies.length, 1)
  assert.equal(await clone.short(), [])
})

test('as many questions to git as there are files', async () => {
  const clone = await RawClone.begin(OTHER)
  await clone.commit({ a: 'a\n' })
  const catFile = new CatFile({ cwd: clone.dir })
  const names = Array.from({ length: 10_000 }, (_, i) => (i % 3 === 0 ? 'HEAD:a' : `HEAD:no-${i}`))
  const found = await Promise.all(names.map((name) => catFile.info(name)))
  assert.is(found.filter((info) => info !== null).length, 3334)
  assert.ok(found.every((info, i) => (info === null) === (i % 3 !== 0)))
  const open = names.map((name) => catFile.get(name).catch(() => 'failed'))
  catFile.close()
  assert.ok((await Promise.all(open)).includes('failed'))
  catFile.close()
})

test.run()
