import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needs } from '../support/needs.ts'
import { nixPrograms } from '../support/nix.ts'
import { Sandbox } from '../support/sandbox.ts'
import { Person, startRepository } from '../support/story.ts'
import { FlakePlace, SYSTEM } from './flake-place.ts'

const PLAINTEXT = 'password = open sesame\n'

needs("sealedCheck in a user's flake", 'nix')
for (const program of nixPrograms()) {
  const title = (what: string) => `${what} (Nix ${program.version})`
  const box = new Sandbox('nixsecret-user-flake')
  const place = new FlakePlace(box, program)

  test(title("a user's flake: its work tree fails, what is in git passes"), async () => {
    const person = await Person.create('flake-user')
    const repo = await startRepository(person)
    person.box.write(join(repo, 'secrets/db'), PLAINTEXT)
    person.box.write(
      join(repo, 'flake.nix'),
      `{
        inputs.git-nixsecret.url = "${place.flake}";
        inputs.nixpkgs.url = "${place.nixpkgs}";
        inputs.git-nixsecret.inputs.nixpkgs.follows = "nixpkgs";
        outputs = { self, nixpkgs, git-nixsecret }: {
          checks.${SYSTEM}.sealed = git-nixsecret.lib.sealedCheck {
            pkgs = nixpkgs.legacyPackages.${SYSTEM};
            src = self;
          };
        };
      }`,
    )
    await person.git(repo, 'add', '.')
    await person.git(repo, 'commit', '-q', '-m', 'Add a flake')
    const args = ['flake', 'check', '-L', '--no-write-lock-file']
    const open = await place.nix.run('nix', args, { cwd: repo, env: { HOME: person.box.home } })
    assert.is.not(open.code, 0)
    assert.match(open.stderr, /plaintext at a protected path: secrets\/db\n/)
    const bare = box.path('bare.git')
    await box.ok('git', ['clone', '-q', '--bare', repo, bare])
    const rev = (await person.git(repo, 'rev-parse', 'HEAD')).trim()
    // A cache of its own: of a commit that Nix has seen as plaintext, it goes on to give plaintext.
    const env = { XDG_CACHE_HOME: box.path('cache') }
    const sealed = await place.nix.run('nix', [...args, `git+file://${bare}?ref=main&rev=${rev}`], { env })
    assert.is(sealed.code, 0, sealed.stderr)
  })
}

test.run()
