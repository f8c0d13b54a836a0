import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Person, startRepository } from '../support/story.ts'

const test = suite('setup/open-tree-escapes')

test('a command in a file of the repository steers no terminal when doctor names another', async () => {
  const person = await Person.create('open-tree-escapes')
  const repo = await startRepository(person)
  person.box.write(join(repo, 'secrets/db'), 'a secret\n')
  person.box.write(join(repo, 'a.sh'), '#!/bin/sh\nnix build .#x\u001b]0;title\u0007\n')
  await person.git(repo, 'add', '-A')
  const { out, stderr } = await person.box.run('git', ['nixsecret', 'doctor'], { cwd: repo })
  assert.match(out + stderr, 'a.sh:2 gives Nix the open work tree')
  assert.not.ok((out + stderr).includes('\u001b'))
  person.box.remove()
})

test.run()
