import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { checkRange, checkStaged } from '../../src/guard/check.ts'
import { begin, SECRET } from './drop-repo.ts'
import { brief, type Content, type GuardRepo, WEB } from './guard-repo.ts'

const NONE: Record<string, Content> = { '.gitattributes': 'other/** filter=nixsecret\n' }

async function found(repo: GuardRepo, from: string, names: Record<string, string>): Promise<string[]> {
  return brief(await checkRange(await repo.open(), `${from}..HEAD`, repo.options), names)
}

test('a line that is taken away: the ciphertext that stays is named', async () => {
  const { repo, base } = await begin()
  repo.stage(NONE)
  const wanted = (where: string) =>
    ['a', 'db'].map((name) => `warning protection-dropped secrets/${name} ${where}`)
  assert.equal(brief(await checkStaged(await repo.open(), repo.options)), wanted('index'))
  const bad = repo.commit()
  assert.equal(await found(repo, base, { bad }), wanted('bad'))
  const { findings } = await checkRange(await repo.open(), `${base}..HEAD`, repo.options)
  assert.match(findings[0]?.hint ?? '', 'git add .gitattributes')
  assert.not.match(findings[0]?.hint ?? '', /filter-branch|change the secret/)
})

test('and what is new there as plaintext, in that commit and in later ones', async () => {
  const { repo, base } = await begin()
  repo.commit({ ...NONE, 'secrets/a': null, 'secrets/db': null })
  const bad = repo.commit({ 'secrets/new': SECRET, 'elsewhere/new': SECRET })
  assert.equal(await found(repo, base, { bad }), ['warning protection-dropped secrets/new bad'])
})

test('a subdirectory that turns the filter off', async () => {
  const { repo, base } = await begin()
  const bad = repo.commit({ 'secrets/sub/.gitattributes': '* -filter\n', 'secrets/sub/new': SECRET })
  assert.equal(await found(repo, base, { bad }), ['warning protection-dropped secrets/sub/new bad'])
})

test('not the public half of a key, an empty file, or what git encrypts by another line', async () => {
  const { repo, base } = await begin()
  const attributes = 'secrets/* filter=nixsecret\nsecrets/*.pub !filter\n'
  repo.commit({ '.gitattributes': attributes, 'secrets/key.pub': `${WEB}\n`, 'secrets/deep/empty': '' })
  assert.equal(await found(repo, base, {}), [])
})

test('once the remote has it so, no more', async () => {
  const { repo } = await begin()
  const bad = repo.commit(NONE)
  repo.commit({ readme: 'x' })
  assert.equal(await found(repo, bad, {}), [])
})

test.run()
