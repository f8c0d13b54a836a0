import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needs } from '../support/needs.ts'
import { NixPlace, nixPrograms } from '../support/nix.ts'
import { Person, startRepository } from '../support/story.ts'

// What `init --sealed` is for: whatever Nix is given, and whoever gives it, it finds ciphertext.
const MARK = 'plain-mark-517'
const FLAKE = `{
  outputs = { self }: {
    x = 1;
    whole = derivation {
      name = "whole"; system = builtins.currentSystem or "x86_64-linux"; builder = "/bin/sh";
      args = [ "-c" "read l < \${self}/secrets/db; echo built > $out" ];
    };
  };
}
`
const COMMANDS = [
  ['flake', 'metadata', '.'],
  ['eval', '.#x'],
  ['eval', '--impure', '--raw', '.#whole.outPath'],
  ['build', '--impure', '--no-link', '.#whole'],
  ['eval', 'path:.#x'],
  ['eval', '--impure', '--expr', `"$\{./.}"`],
]

async function sealedFlake(person: Person, name: string): Promise<string> {
  const dir = await startRepository(person, name, ['--sealed'])
  person.box.write(join(dir, 'flake.nix'), FLAKE)
  const editor = person.box.write('editor', `#!/bin/sh\necho '${MARK} edited' > "$1"\n`, 0o700)
  await person.box.ok('git', ['nixsecret', 'edit', 'secrets/new'], { cwd: dir, env: { GIT_EDITOR: editor } })
  await person.box.ok('git', ['nixsecret', 'set', 'secrets/db'], { cwd: dir, input: `${MARK} set\n` })
  await person.git(dir, 'add', '-A')
  return dir
}

if (needs('sealed files and Nix', 'nix')) {
  for (const program of nixPrograms()) {
    test(`nix ${program.version}: a dirty and a clean tree, "." and path:, leave no plaintext in the store`, async () => {
      const alice = await Person.create('alice')
      const dir = await sealedFlake(alice, 'flake')
      const place = new NixPlace(alice.box, program)
      for (const state of ['dirty', 'clean']) {
        if (state === 'clean') await alice.git(dir, 'commit', '-qm', 'sealed')
        for (const command of COMMANDS) await place.ok('nix', command, { cwd: dir })
        assert.equal(await place.find([MARK]), [], state)
      }
      assert.ok(place.names().some((name) => name.endsWith('-source')))
      // That the search finds what leaks: the same tree once a secret lies open in it.
      alice.box.write(join(dir, 'secrets/db'), `${MARK} by hand\n`)
      await place.ok('nix', ['eval', '.#x'], { cwd: dir })
      assert.is.not((await place.find([MARK])).length, 0)
    })
  }
}

test.run()
