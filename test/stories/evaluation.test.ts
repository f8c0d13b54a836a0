import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { acceptAll } from '../support/accept.ts'
import { needs } from '../support/needs.ts'
import { NixPlace, nixPrograms } from '../support/nix.ts'
import { findPlaintext, Person, startRepository } from '../support/story.ts'

// As docs/schemes/nix-plugins.md tells it: values that evaluation itself needs.
// biome-ignore lint/suspicious/noTemplateCurlyInString: what Nix must not take for its own
const SITE = 'site-secret \'\' "${x}" $${y} \\n \\\r\n\ttab \u00e9\u{1f512}\n'
const TELLING = 'site-secret'
const DB = 'password-of-the-database\n'
const UNSAFE = ['--option', 'allow-unsafe-native-code-during-evaluation', 'true']
const EXTRA = new URL('../../nix/extra-builtins.nix', import.meta.url)
const ALLOW = '\n[[rule]]\npaths = ["/secrets/site"]\nstore = "plaintext"\n'

const WAYS = (root: string): readonly string[] => [
  `builtins.exec [ "git" "-C" "${root}" "nixsecret" "show" "--format" "nix" "--" "secrets/site" ]`,
  'builtins.exec [ "git" "nixsecret" "show" "--format" "nix" "--" "secrets/site" ]',
  `builtins.extraBuiltins.nixsecretIn "${root}" "secrets/site"`,
  'builtins.extraBuiltins.nixsecret "secrets/site"',
  'builtins.readFile ./secrets/site',
]

if (needs('values that evaluation needs', 'nix')) {
  const admin = await Person.create('admin')
  const repo = await startRepository(admin)
  const policy = join(repo, 'nixsecret.toml')
  const without = readFileSync(policy, 'utf8')
  const write = (name: string, content: string) => admin.box.write(join(repo, name), content)
  const ways = WAYS(repo)
  // As `nix-plugins` would have them: it is no package of Debian, and hands our file no more than `exec`.
  const evaluated = ways.map((way) => way.replace('builtins.extraBuiltins', 'extraBuiltins'))
  write('secrets/site', SITE)
  write('secrets/db', DB)
  write('ways.nix', `{\n${ways.map((way, i) => `  way${i} = ${way};\n`).join('')}}\n`)
  copyFileSync(EXTRA, join(repo, 'extra-builtins.nix'))
  write(
    'flake.nix',
    '{ outputs = _: { site = builtins.readFile ./secrets/site; db = builtins.readFile ./secrets/db; }; }',
  )
  writeFileSync(policy, without + ALLOW)
  await admin.git(repo, 'add', '-A')
  await acceptAll(admin.box, repo)
  // Its hook would not have what is read to see that it is ciphertext.
  await admin.git(repo, 'commit', '-qm', 'Secrets', '--no-verify')
  write(
    'all.nix',
    `let extraBuiltins = import ./extra-builtins.nix { inherit (builtins) exec; }; in
{
  ways = [ ${evaluated.map((way) => `(${way})`).join(' ')} ];
  unit = derivation { name = "unit"; system = "none"; builder = "/bin/sh"; site = ${ways[0]}; };
  db = extraBuiltins.nixsecretIn "${repo}" "secrets/db";
  warned = builtins.exec [ "git" "nixsecret" "show" "--format" "nix" "--" "secrets/db" ];
  path = extraBuiltins.nixsecret ./secrets/site;
  place = extraBuiltins.nixsecretIn ./. "secrets/site";
}
`,
  )
  const check = async () => {
    const { out } = await admin.box.run('git', ['nixsecret', 'check', '--rev', 'HEAD', '--json'], {
      cwd: repo,
    })
    return (JSON.parse(out).findings as { rule: string; path: string; line: number; hint: string }[]).filter(
      ({ path }) => path === 'ways.nix',
    )
  }

  test('each way is a finding, until the policy lets the file into the store', async () => {
    assert.equal(await check(), [])
    writeFileSync(policy, without)
    await admin.git(repo, 'commit', '-qam', 'Nothing may go to the store', '--no-verify')
    const found = await check()
    assert.equal(
      found.map(({ rule, line }) => [rule, line]),
      [...[2, 3, 4, 5].map((line) => ['nix-eval-command', line]), ['nix-eval-read', 6]],
    )
    for (const { hint } of found) assert.match(hint, /store = "plaintext"[\s\S]*secrets\/site/)
    writeFileSync(policy, without + ALLOW)
    await acceptAll(admin.box, repo)
    await admin.git(repo, 'commit', '-qam', 'The site may')
  })

  for (const program of nixPrograms())
    test(`Nix ${program.version} gets the very bytes, and puts them in the store`, async () => {
      const nix = new NixPlace(admin.box, program, `nix-${program.version}`)
      const run = (attribute: string) =>
        nix.run('nix-instantiate', ['--eval', '--strict', '--json', ...UNSAFE, 'all.nix', '-A', attribute], {
          cwd: repo,
        })
      const all = await run('ways')
      assert.is(all.code, 0, all.stderr)
      assert.is(all.stderr, '')
      assert.equal(
        JSON.parse(all.out),
        ways.map(() => SITE),
      )

      for (const [attribute, why] of [
        ['db', /nixsecret\.toml does not let secrets\/db in\nhint: .*\nhint: .*store = "plaintext"/],
        ['path', /name the file by a string/],
        ['place', /name the checkout by a string/],
      ] as const) {
        const refused = await run(attribute)
        assert.is(refused.code, 1)
        assert.match(refused.stderr, why)
        assert.is(refused.out, '')
      }
      const warned = await run('warned')
      assert.is(JSON.parse(warned.out), DB)
      assert.match(warned.stderr, /warning: .*world-readable store/)

      // Pure evaluation, as flakes have it, reads only what the policy lets into the sealed tree.
      const sealed = async (output: string) =>
        nix.run('git', ['nixsecret', 'sealed', 'nix', 'eval', '--raw', `@sealed@#${output}`], { cwd: repo })
      assert.is((await sealed('site')).out, SITE)
      // Ciphertext with a NUL in it, as one in five is, no Nix can hold.
      const closed = await sealed('db')
      assert.match(
        closed.out || closed.stderr,
        /^age-encryption\.org\/v1\n|cannot be represented as a Nix string/,
      )
      assert.equal(await nix.find([DB.trim()]), [])

      // What the documents say of it: a value in the store.
      await nix.ok('nix-instantiate', [...UNSAFE, 'all.nix', '-A', 'unit'], { cwd: repo })
      assert.ok((await nix.find([TELLING])).some((place) => place.endsWith('-unit.drv')))
    })

  test('nothing was left in git, but for the twin with what the policy lets in', async () => {
    assert.equal(await findPlaintext(admin, repo, [DB.trim()]), [])
  })
}

test.run()
