import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { needs } from '../support/needs.ts'
import { type NixProgram, nixPrograms } from '../support/nix.ts'
import { AuditPlace, type JsonLeak, told } from './audit-kit.ts'

const test = suite('audit: every way into the store')

/** A derivation that is never built. */
const drv = (attributes: string) =>
  `{ repo }: derivation { name = "x"; system = "none"; builder = "/bin/sh"; ${attributes} }`

/** Makes a leak, finds it, removes it, finds nothing. */
async function story(
  program: NixProgram,
  leak: (place: AuditPlace) => Promise<unknown>,
  check: (leaks: JsonLeak[], place: AuditPlace) => void,
): Promise<void> {
  const place = await AuditPlace.shared(program)
  await place.isClean()
  await leak(place)
  const found = await place.audit()
  assert.is(found.code, 1)
  assert.equal(found.faults, [])
  check(found.leaks, place)
  const deep = await place.audit(['--deep'])
  for (const one of told(found.leaks))
    assert.ok(told(deep.leaks).includes(one), `--deep does not find ${one}`)
  const removal = await place.audit(['--delete'])
  assert.equal(removal.kept, [])
  await place.isClean(['--deep'])
}

for (const program of needs('audit of what Nix leaked', 'nix') ? nixPrograms() : []) {
  const of = (what: string) => `${what} (nix ${program.version})`

  test(of('a flake copies the work tree'), () =>
    story(
      program,
      (place) => place.nix.ok('nix', ['eval', '--raw', '.#none'], { cwd: place.repo }),
      (leaks) => {
        const whole = leaks.filter(({ form }) => form === 'file')
        assert.equal(whole.map(({ secret }) => secret).sort(), [
          'hosts/web/secrets/pin',
          'secrets/db.env',
          'secrets/token',
        ])
        for (const { place, roots, kind } of whole) {
          assert.match(place, /-source$/)
          assert.equal(roots, [])
          assert.is(kind, 'store')
        }
      },
    ),
  )

  test(of('a single file by interpolation, and a directory above a secret'), () =>
    story(
      program,
      (place) =>
        place.instantiate(
          drv(
            ['/secrets/token', '/hosts/web', '/secrets']
              .map((path, at) => `a${at} = "\${repo + "${path}"}";`)
              .join(' '),
          ),
        ),
      (leaks) => {
        assert.ok(
          leaks.some(
            ({ place, form, secret }) =>
              /-token$/.test(place) && form === 'file' && secret === 'secrets/token',
          ),
        )
        assert.ok(leaks.some(({ path }) => path.endsWith('-web/secrets/pin')))
        assert.ok(leaks.some(({ path }) => path.endsWith('-secrets/db.env')))
      },
    ),
  )

  test(of('src = ./. takes .git along'), () =>
    story(
      program,
      (place) => place.instantiate(drv('src = repo;')),
      (leaks) => assert.ok(leaks.some(({ path }) => path.endsWith('-repo/secrets/token'))),
    ),
  )

  test(of('a multi-line secret with quotes and backslashes in a derivation'), () =>
    story(
      program,
      (place) => place.instantiate(drv('all = builtins.readFile (repo + "/secrets/db.env");')),
      (leaks) => {
        assert.equal(told(leaks), ['store aterm secrets/db.env 2', 'store aterm secrets/db.env 3'])
        assert.ok(leaks.every(({ place }) => place.endsWith('.drv')))
      },
    ),
  )

  test(of('the same with __structuredAttrs, which escapes twice'), () =>
    story(
      program,
      (place) =>
        place.instantiate(
          drv('__structuredAttrs = true; all.deep = [ (builtins.readFile (repo + "/secrets/db.env")) ];'),
        ),
      (leaks) =>
        assert.equal(told(leaks), [
          'store json-in-aterm secrets/db.env 2',
          'store json-in-aterm secrets/db.env 3',
        ]),
    ),
  )

  test(of('a short secret that is the whole value of an attribute'), () =>
    story(
      program,
      (place) =>
        place.instantiate(
          drv('pin = builtins.substring 0 4 (builtins.readFile (repo + "/hosts/web/secrets/pin"));'),
        ),
      (leaks) => assert.equal(told(leaks), ['store aterm hosts/web/secrets/pin 1']),
    ),
  )

  test(of('toFile: all of it, without its line feed, and within other text'), () =>
    story(
      program,
      (place) =>
        place.instantiate(`{ repo }: let
          token = builtins.readFile (repo + "/secrets/token");
          bare = builtins.substring 0 24 token;
        in derivation { name = "x"; system = "none"; builder = builtins.toFile "a" token;
          args = [ (builtins.toFile "b" bare) (builtins.toFile "c" "auth = \${bare};") ]; }`),
      (leaks) => {
        const forms = (name: string) =>
          leaks
            .filter(({ place }) => place.endsWith(`-${name}`))
            .map(({ form }) => form)
            .sort()
        assert.equal([forms('a'), forms('b'), forms('c')], [['file', 'text'], ['file', 'text'], ['text']])
      },
    ),
  )

  test(of('the evaluation cache'), () =>
    story(
      program,
      (place) => place.nix.ok('nix', ['eval', '--raw', '.#read'], { cwd: place.repo }),
      (leaks) =>
        assert.ok(leaks.some(({ kind, secret }) => kind === 'eval-cache' && secret === 'secrets/token')),
    ),
  )

  test(of('a build log, compressed'), () =>
    story(
      program,
      (place) =>
        place.build(
          `{ repo }: derivation { name = "x"; system = builtins.currentSystem; builder = "/bin/sh";
             args = [ "-c" "while read l; do echo \\"$l\\"; done < \${repo + "/secrets/token"}; echo > $out" ]; }`,
          ['--no-out-link'],
        ),
      (leaks, place) => {
        assert.ok(leaks.some(({ kind, path }) => kind === 'build-log' && path.endsWith('.drv.bz2')))
        assert.is(readdirSync(join(place.nix.dir, 'log/drvs')).length > 0, true)
      },
    ),
  )

  test(of('the private key'), () =>
    story(
      program,
      (place) => place.instantiate(drv(`key = "\${/. + "${place.person.box.home}/.ssh/id_ed25519"}";`)),
      (leaks) => {
        const [leak] = leaks.filter(({ form }) => form === 'file')
        assert.is(leak?.['private-key'], true)
        assert.match(leak?.place ?? '', /-id_ed25519$/)
      },
    ),
  )
}

test.run()
