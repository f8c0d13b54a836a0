import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SealedStory } from './sealed-story.ts'

// What was ciphertext in HEAD or in the index reaches no build as plaintext, whatever the attributes here say by now.
const test = suite('store/lost-protection')
const PLAIN = 'another-secret-of-the-database'

const WAYS: Readonly<Record<string, (story: SealedStory) => unknown>> = {
  'a line of .gitattributes that was lost': (story) => story.write('.gitattributes', ''),
  'the same, staged with the secret': async (story) => {
    story.write('.gitattributes', '')
    story.write('secrets/db', `${PLAIN}\n`)
    await story.git('add', '-A')
  },
  'info/attributes': (story) => story.write('.git/info/attributes', 'secrets/** -filter\n'),
  'a nested file': async (story) => {
    story.write('secrets/.gitattributes', 'db !filter\n')
    await story.git('add', 'secrets/.gitattributes')
  },
}

for (const [way, bend] of Object.entries(WAYS)) {
  test(`refused: ${way}`, async () => {
    const story = await SealedStory.begin()
    assert.is((await story.sealed(['true'])).code, 0)
    await bend(story)
    story.write('secrets/db', `${PLAIN}\n`)
    const { code, stdout, stderr } = await story.sealed(['cat', 'secrets/db'])
    assert.is(code, 2, stdout.toString())
    assert.match(stderr, /error: secrets\/db was ciphertext, is plaintext now/)
    assert.not.ok(await hasPlaintextObject(story))
    story.person.box.remove()
  })
}

test('refused: a secret that was moved to where nothing protects it', async () => {
  const story = await SealedStory.begin()
  await story.git('mv', 'secrets/db', 'db')
  story.write('db', `${PLAIN}\n`)
  const { code, stderr } = await story.sealed(['true'])
  assert.is(code, 2)
  assert.match(stderr, /error: db was ciphertext, is plaintext now/)
  assert.not.ok(await hasPlaintextObject(story))
  story.person.box.remove()
})

test('a deleted .gitattributes leaves no plaintext among the objects of the twin', async () => {
  const story = await SealedStory.begin()
  assert.is((await story.sealed(['true'])).code, 0)
  rmSync(join(story.repo, '.gitattributes'))
  story.write('secrets/db', `${PLAIN}\n`)
  const { stdout } = await story.sealed(['cat', 'secrets/db'])
  assert.not.ok(stdout.includes(PLAIN))
  assert.not.ok(await hasPlaintextObject(story))
  story.person.box.remove()
})

test('what was public stays free to change, and what was never committed, too', async () => {
  const story = await SealedStory.begin()
  story.write('hosts/web.nix', '{ changed = 1; }\n')
  story.write('new.nix', '{ }\n')
  await story.git('add', '-N', 'new.nix')
  assert.is((await story.sealed(['true'])).code, 0)
  story.person.box.remove()
})

async function hasPlaintextObject({ person, repo }: SealedStory): Promise<boolean> {
  const dir = join(repo, '.git/nixsecret/twin/tree/.git')
  const args = ['--git-dir', dir, 'cat-file', '--batch-all-objects', '--batch']
  const { stdout } = await person.box.run('git', args, { cwd: '/' })
  // Objects of the repository itself are listed, too: those are the user's own.
  const own = await person.box.run('git', args.slice(2), { cwd: repo })
  return stdout.includes(PLAIN) && !own.stdout.includes(PLAIN)
}

test.run()
