import { Encrypter } from 'age-encryption'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needs } from '../support/needs.ts'
import { ok, TrustStory } from './trust-story.ts'

test('what a source says of readers is no more than what was accepted of the secret, wherever it was', async () => {
  const story = await TrustStory.begin()
  const { alice, mallory, keys } = story
  const rules = (files: Readonly<Record<string, readonly (keyof typeof keys)[]>>) =>
    JSON.stringify(
      Object.fromEntries(
        Object.entries(files).map(([file, names]) => [file, { publicKeys: names.map((name) => keys[name]) }]),
      ),
    )
  const importing = (...args: string[]) =>
    alice.nixsecret('import', 'agenix', '--rules', 'rules.json', ...args)
  const refused = async (what: string, told: RegExp) => {
    for (const args of [[], ['--reseal']]) {
      const { code, stderr } = await importing(...args)
      assert.is(code, 2, `${what}: ${stderr}`)
      assert.match(stderr, told, what)
      assert.match(stderr, /hint: git nixsecret (trust|init)/, what)
    }
    await story.nothingOpens(what)
    await alice.git('reset', '-q', '--hard', base)
  }
  // Ciphertext of ours, under a name of theirs.
  let base = (await alice.git('rev-parse', 'HEAD')).trim()
  const db = await mallory.blob('HEAD:secrets/db')
  await story.push({ 'old/db.age': db, 'rules.json': rules({ 'old/db.age': ['alice', 'bob', 'eve'] }) })
  await alice.git('pull', '-q')
  await refused('moved', /old\/db\.age: you have not accepted that .* may read it/)

  // What never was ours comes in as its source says, and then is for those.
  const encrypter = new Encrypter()
  encrypter.addRecipient(keys.wanda)
  const theirs = Buffer.from(await encrypter.encrypt('wide: theirs\n'))
  const before = { 'old/x.age': ['alice', 'bob', 'wanda'] } as const
  await story.push({ 'old/x.age': theirs, 'rules.json': rules(before) }, base)
  await alice.git('pull', '-q')
  await ok(importing())
  await alice.git('commit', '-q', '-m', 'import')
  await alice.git('push', '-q')
  base = (await alice.git('rev-parse', 'HEAD')).trim()
  assert.match((await importing()).stderr, /nothing changed/)
  await story.push({ 'rules.json': rules({ 'old/x.age': ['alice', 'bob', 'wanda', 'eve'] }) })
  await alice.git('pull', '-q')
  await refused('wider', /old\/x\.age: you have not accepted that .* may read it/)
  // Nor where it came to another path, alone or with another armor, and the policy that names it is gone.
  const moved = {
    'old/x.age': null,
    'new/y.age': theirs,
    'rules.json': rules({ 'new/y.age': ['alice', 'eve'] }),
  }
  await story.push(moved, base)
  await alice.git('pull', '-q')
  await refused('moved from an import', /new\/y\.age: you have not accepted that .* may read it/)
  await story.push({ ...moved, 'nixsecret.toml': null }, base)
  await alice.git('pull', '-q')
  await refused('without a policy', /the nixsecret\.toml that you have accepted is gone/)
  // The same readers at another path are no news.
  await story.push({ ...moved, 'rules.json': rules({ 'new/y.age': ['alice', 'wanda'] }) }, base)
  await alice.git('pull', '-q')
  await ok(importing())
})

test('a file that tells nobody whom it is for came from somewhere, also where no rule names that', async () => {
  if (!needs('import of a file that moved', 'age')) return
  const story = await TrustStory.begin()
  const { alice, keys } = story
  const to = [keys.alice, keys.bob].flatMap((key) => ['-r', key])
  const { stdout: theirs } = await story.box.run('age', to, { input: 'team: theirs\n' })
  const rules = (file: string, names: readonly (keyof typeof keys)[]) =>
    JSON.stringify({ [file]: { publicKeys: names.map((name) => keys[name]) } })
  const importing = (...args: string[]) =>
    alice.nixsecret('import', 'agenix', '--rules', 'rules.json', ...args)
  await story.push({ 'old/x.age': theirs, 'rules.json': rules('old/x.age', ['alice', 'bob']) })
  await alice.git('pull', '-q')
  await ok(importing())
  await alice.git('commit', '-q', '-m', 'import')
  await alice.git('push', '-q')
  const moved = { 'old/x.age': null, 'new/y.age': theirs, 'rules.json': rules('new/y.age', ['alice', 'eve']) }
  await story.push(moved, (await alice.git('rev-parse', 'HEAD')).trim())
  // Its hooks take note that the old path is gone, and of what a policy has taken away.
  await alice.hooked('pull', '-q')
  for (const args of [[], ['--reseal']]) {
    const { code, stderr } = await importing(...args)
    assert.is(code, 2, stderr)
    assert.match(stderr, /new\/y\.age: you have not accepted that .* may read it/)
  }
  await alice.nixsecret('rekey')
  await story.nothingOpens('moved')
})

// https://github.com/getsops/sops: the MAC of a document is not about its recipients.
test('a copy of a document is for no more than the document is', async () => {
  const story = await TrustStory.begin()
  const { alice, keys } = story
  const attributes = `${alice.text('.gitattributes')}secrets/sops/** filter=nixsecret-sealed\n`
  await alice.commit('sealed', { '.gitattributes': attributes })
  await ok(alice.nixsecret('trust', '--yes'))
  await alice.git('push', '-q')
  const document = (await alice.blob('HEAD:secrets/sops/app.yaml')).toString()
  const entry = /^ +- recipient: (.*)\n(?:(?! +- recipient).*\n)*? +-----END AGE ENCRYPTED FILE-----\n/m.exec(
    document,
  )
  assert.ok(entry, document)
  const forged = document.replace(entry[0], entry[0] + entry[0].replace(entry[1] ?? '', keys.eve))
  for (const path of ['secrets/sops/app.yaml', 'secrets/sops/other.yaml']) {
    await story.push({ [path]: forged }, (await alice.git('rev-parse', 'HEAD')).trim())
    await alice.hooked('pull', '-q')
    const { code, stderr } = await alice.nixsecret('import', 'sops', '--as', 'age', '--into', 'copies')
    assert.is(code, 2, stderr)
    assert.match(stderr, /copies\/secrets\/sops\/\w+\.yaml: you have not accepted that .* may read it/)
    await story.nothingOpens(path)
  }
})

test.run()
