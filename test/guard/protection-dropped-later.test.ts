import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { checkRange } from '../../src/guard/check.ts'
import { encValue } from './content/made-secrets.ts'
import { begin, drops, EDITED, SECRET } from './drop-repo.ts'
import { brief, type GuardRepo, sealed } from './guard-repo.ts'

/** Of commits that are sent: a look back over years would take any later file of that name for the secret. */
async function found(repo: GuardRepo, from: string, names: Record<string, string> = {}) {
  return brief(drops(await checkRange(await repo.open(), `${from}..HEAD`, repo.options)), names)
}

test('deleted in one commit, plaintext of that name in a later one', async () => {
  for (const path of ['plain/db', 'db.txt', 'secrets2/db']) {
    const { repo, base } = await begin()
    repo.commit({ 'secrets/db': null })
    repo.commit({ readme: 'x' })
    const drop = repo.commit({ [path]: EDITED })
    assert.equal(await found(repo, base, { drop }), [`error protection-dropped ${path} drop`], path)
  }
})

test('another name, whatever its size, is another file', async () => {
  const { repo, base } = await begin()
  repo.commit({ 'secrets/db': null })
  repo.commit({ other: SECRET })
  assert.equal(await found(repo, base), [])
})

test('attribute and file taken away together, the file plaintext later', async () => {
  const { repo, base } = await begin()
  repo.commit({ '.gitattributes': 'other/** filter=nixsecret\n', 'secrets/db': null })
  const drop = repo.commit({ 'secrets/db': EDITED })
  assert.equal(await found(repo, base, { drop }), ['error protection-dropped secrets/db drop'])
})

test('moved as it is, two commits apart: ciphertext that went is there again', async () => {
  const { repo, base, ciphertext } = await begin()
  repo.commit({ 'secrets/db': null })
  repo.commit({ 'secrets/sub/db': ciphertext })
  repo.commit({ 'secrets/db2': await sealed('other') })
  assert.equal(await found(repo, base), [])
})

test('ciphertext of another tool in its place is no plaintext', async () => {
  const { repo, base } = await begin()
  const document = JSON.stringify({
    data: encValue('data'),
    sops: { mac: encValue('mac'), lastmodified: '2026-01-01T00:00:00Z', version: '3.9.0', age: [] },
  })
  repo.commit({ '.gitattributes': 'other/** filter=nixsecret\n', 'secrets/db': `${document}\n` })
  assert.equal(await found(repo, base), [])
})

test.run()
