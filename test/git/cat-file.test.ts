import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { CatFile } from '../../src/git/cat-file.ts'
import { Sandbox } from '../support/sandbox.ts'
import { Person, startRepository } from '../support/story.ts'

test('answers come in the order of the questions, whatever the names', async () => {
  const box = new Sandbox()
  const repo = box.path('r')
  await box.ok('git', ['init', '-q', repo])
  const ids: string[] = []
  for (const content of ['', 'one', 'two\n\n', 'x'.repeat(300_000)]) {
    ids.push((await box.ok('git', ['hash-object', '-w', '--stdin'], { cwd: repo, input: content })).trim())
  }
  const cat = new CatFile({ cwd: repo, env: box.env })
  const found = await Promise.all([
    cat.get(ids[3] as string),
    cat.get(':0:no such\nfile'),
    cat.info(ids[1] as string),
    cat.getUpTo(ids[3] as string, 10),
    cat.get(ids[0] as string),
    cat.get('HEAD:a b'),
    cat.get(ids[2] as string),
  ])
  cat.close()
  assert.is(found[0]?.size, 300_000)
  assert.is(found[1], null)
  assert.equal(found[2], { oid: ids[1], type: 'blob', size: 3 })
  assert.equal([found[3]?.size, String((found[3] as { content: Buffer }).content)], [300_000, 'x'.repeat(10)])
  assert.is((found[4] as { content: Buffer }).content.length, 0)
  assert.is(found[5], null)
  assert.is(String((found[6] as { content: Buffer }).content), 'two\n\n')
})

// A `git` that starts as the real one does, but whose cat-file dies a moment after it was asked.
const DYING = '#!/bin/sh\ncase "$*" in *cat-file*) sleep 0.2; exit 1;; esac\nexec REAL "$@"\n'

for (const [name, args, input] of [
  ['one-shot clean', ['clean', '--', 'secrets/db'], 'hunter2-secret'],
  ['set', ['set', 'secrets/db'], 'hunter2-secret'],
  ['pre-commit hook', ['hook', 'pre-commit'], ''],
  ['check', ['check', '--staged'], ''],
] as const) {
  test(`${name} fails where git dies under it, and never as if all were well`, async () => {
    const person = await Person.create('alice')
    const repo = await startRepository(person)
    person.box.write(`${repo}/secrets/db`, 'first content\n')
    await person.git(repo, 'add', '-A')
    const { box } = person
    const real = (await box.ok('sh', ['-c', 'command -v git'])).trim()
    box.write('fake/git', DYING.replace('REAL', real), 0o755)
    const path = `${box.path('fake')}:${box.env.PATH}`
    const result = await box.run('git-nixsecret', args, {
      cwd: repo,
      input,
      env: { PATH: path },
      timeout: 20_000,
    })
    assert.is.not(result.code, 0)
    assert.is(result.out, '')
  })
}

test.run()
