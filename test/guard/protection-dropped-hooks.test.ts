import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findPlaintext, isAge, Person, startRepository } from '../support/story.ts'

const SECRET = 'correct horse battery staple\n'

/** A clone with the hooks of `init`, and what its remote got. */
async function begin() {
  const person = await Person.create('alice')
  const dir = await startRepository(person)
  const remote = person.box.path('remote.git')
  const git = (...args: string[]) => person.git(dir, ...args)
  const tryGit = (...args: string[]) => person.tryGit(dir, ...args)
  const write = (path: string, content: string) => person.box.write(`${dir}/${path}`, content)
  await git('init', '-q', '--bare', remote)
  await git('remote', 'add', 'origin', remote)
  write('secrets/db', SECRET)
  write('README', 'not secret\n')
  await git('add', '-A')
  await git('commit', '-q', '-m', 'secret')
  await git('push', '-q', '-u', 'origin', 'main')
  const clean = async () => assert.equal(await findPlaintext(person, remote, ['horse battery']), [])
  return { person, dir, git, tryGit, write, clean }
}

/** Runs the commands of the finding that a hook printed. */
async function mend({ person, dir }: Awaited<ReturnType<typeof begin>>, stderr: string): Promise<void> {
  const lines = stderr.split('\n').filter((line) => /^ {4}(git|mkdir) /.test(line))
  await person.box.ok('sh', ['-ec', lines.join('\n')], { cwd: dir })
}

test('git mv out of the pattern: stopped at the commit and at the push; what the hooks say mends it', async () => {
  for (const edit of [false, true]) {
    const story = await begin()
    const { git, tryGit, write } = story
    await git('mv', 'secrets/db', 'plain')
    // Under another name it is known by its size; edited as well, by its name.
    if (edit) await git('mv', 'plain', 'db')
    // Written anew in any case: a file that was only moved may look unchanged to git add, which keeps ciphertext then.
    write(edit ? 'db' : 'plain', edit ? `${SECRET}more\n` : SECRET)
    await git('add', edit ? 'db' : 'plain')
    const commit = await tryGit('commit', '-q', '-m', 'move')
    assert.is(commit.code, 1)
    assert.match(commit.stderr, '[protection-dropped]')
    assert.not.match(commit.stderr, 'horse')
    await git('commit', '-q', '--no-verify', '-m', 'move')
    const push = await tryGit('push', '-q', 'origin', 'main')
    assert.is(push.code, 1)
    assert.match(push.stderr, '[protection-dropped]')
    await story.clean()
    await mend(story, push.stderr)
    await git('push', '-q', 'origin', 'main')
    await story.clean()
    assert.ok(isAge((await tryGit('cat-file', 'blob', 'HEAD:secrets/db')).stdout))
  }
})

test('moved as ciphertext and pushed; plaintext when it is next added', async () => {
  const story = await begin()
  const { git, tryGit, write } = story
  await git('mv', 'secrets/db', 'plain')
  await git('commit', '-q', '-m', 'move')
  await git('push', '-q', 'origin', 'main')
  write('plain', `${SECRET}more\n`)
  assert.is((await tryGit('commit', '-q', '-a', '-m', 'edit')).code, 1)
  await git('commit', '-q', '-a', '--no-verify', '-m', 'edit')
  write('plain', 'no more\n')
  await git('commit', '-q', '-a', '-m', 'gone at the tip')
  const push = await tryGit('push', '-q', 'origin', 'main')
  assert.is(push.code, 1)
  assert.match(push.stderr, '[protection-dropped]')
  await story.clean()
})

test('a secret is removed, and other files come: nothing stops it', async () => {
  const story = await begin()
  await story.git('rm', '-q', 'secrets/db')
  story.write('README.md', 'unrelated\n')
  await story.git('add', '-A')
  await story.git('commit', '-q', '-m', 'remove')
  await story.git('push', '-q', 'origin', 'main')
})

test.run()
