import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needs } from '../support/needs.ts'
import { nixPrograms } from '../support/nix.ts'
import { Sandbox } from '../support/sandbox.ts'
import { FlakePlace, ROOT, SYSTEM } from './flake-place.ts'

const PLAINTEXT = 'password = open sesame\n'
const BINARY = 'age-encryption.org/v1\n-> X25519 abc\ndef\n--- mac\nrest'
const ARMORED = '-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n'
const ATTRIBUTES = 'secrets/** filter=nixsecret -text\nsecrets/**/*.pub !filter !text\n'
const POLICY = 'version = 1\n[recipients]\na = "age1x"\n[default]\nto = ["a"]\n'

type Files = Readonly<Record<string, string>>
let count = 0

needs('sealedCheck', 'nix')
for (const program of nixPrograms()) {
  const title = (what: string) => `${what} (Nix ${program.version})`
  const box = new Sandbox('nixsecret-sealed')
  const place = new FlakePlace(box, program)

  /** Makes a source of these files, names as latin1, and builds the check of it. */
  const check = async (files: Files, prepare: (dir: string) => void = () => {}) => {
    const dir = box.path(`source-${count++}`)
    for (const [name, text] of Object.entries({
      '.gitattributes': ATTRIBUTES,
      'nixsecret.toml': POLICY,
      ...files,
    })) {
      const path = Buffer.from(`${dir}/${name}`, 'latin1')
      mkdirSync(path.subarray(0, path.lastIndexOf('/')), { recursive: true })
      writeFileSync(path, text)
    }
    prepare(dir)
    return build(`builtins.path { name = "source"; path = "${dir}"; }`)
  }
  const build = async (src: string) => {
    const pkgs = `import ${place.nixpkgs.slice('path:'.length)}/packages.nix "${SYSTEM}"`
    const expression = `(import ${ROOT}/nix/lib.nix).sealedCheck { pkgs = ${pkgs}; src = ${src}; }`
    const { code, stderr } = await place.nix.run('nix', [
      'build',
      '-L',
      '--no-link',
      '--impure',
      '--expr',
      expression,
    ])
    // What the builder said, without Nix's own words around it.
    const said = stderr.split('\n').flatMap((line) => /^nixsecret-sealed> (.*)/.exec(line)?.[1] ?? [])
    return {
      code,
      stderr,
      said,
      found: said.flatMap((line) => /plaintext at a protected path: (.*)/.exec(line)?.[1] ?? []),
    }
  }

  test(title('passes what is sealed, armored, empty, public or not protected'), async () => {
    const { code, stderr, said } = await check({
      'secrets/binary': BINARY,
      'secrets/armored': ARMORED,
      'secrets/empty': '',
      'secrets/ssh.pub': 'ssh-ed25519 AAAA\n',
      'secrets/.gitattributes': '# nothing\n',
      'readme.md': PLAINTEXT,
    })
    assert.is(code, 0, stderr)
    assert.ok(
      said.some((line) => /all of 3 protected files/.test(line)),
      stderr,
    )
  })

  test(title('fails plaintext, whatever its name, and says where it is and what to run'), async () => {
    const { code, found, said } = await check({
      'secrets/db': PLAINTEXT,
      'secrets/sealed': BINARY,
      'secrets/two words/and "quotes"': PLAINTEXT,
      'secrets/line\nbreak': PLAINTEXT,
      'secrets/caf\xe9': PLAINTEXT,
      'secrets/-n': PLAINTEXT,
    })
    assert.is.not(code, 0)
    assert.equal(found.sort(), [
      "$'secrets/caf\\351'",
      "$'secrets/line\\nbreak'",
      'secrets/-n',
      'secrets/db',
      'secrets/two\\ words/and\\ \\"quotes\\"',
    ])
    assert.ok(said.some((line) => line.includes('git nixsecret audit')))
    assert.ok(said.some((line) => line.includes('git nixsecret sealed')))
    assert.ok(said.some((line) => line.includes(`in the Nix store now, in ${place.nix.store}/`)))
    assert.not.ok(said.join('\n').includes('sesame'))
  })

  test(title('what only resembles ciphertext is plaintext'), async () => {
    const { found } = await check({
      'secrets/a': 'age-encryption.org/v1\n',
      'secrets/b': 'age-encryption.org/v2\n-> X25519 a\n',
      'secrets/c': `\n${BINARY}`,
      'secrets/d': '-----BEGIN PRIVATE KEY-----\n',
    })
    assert.equal(found.sort(), ['secrets/a', 'secrets/b', 'secrets/c', 'secrets/d'])
  })

  test(title('attributes are what git makes of them: nested files, macros, both filters'), async () => {
    const { found } = await check({
      '.gitattributes':
        '[attr]secret filter=nixsecret\n*.key secret\n/top filter=nixsecret-sealed\n/lfs filter=lfs\n',
      'hosts/.gitattributes': 'private filter=nixsecret\nplain.key !filter\n',
      'hosts/private': PLAINTEXT,
      'hosts/plain.key': PLAINTEXT,
      'deep/down/a.key': PLAINTEXT,
      top: PLAINTEXT,
      'sub/top': PLAINTEXT,
      lfs: PLAINTEXT,
    })
    assert.equal(found.sort(), ['deep/down/a.key', 'hosts/private', 'top'])
  })

  test(
    title('store = "plaintext" lets through what its rule names, as .gitattributes reads patterns'),
    async () => {
      const rules = [
        '[[rule]]\npaths = ["/secrets/eval.nix", "deep*"]\nstore = "plaintext"\n',
        '[[rule]]\npaths = [\'/secrets/quo"te\\[1]\', "/secrets/sp ace"]\nstore = "plaintext"\n',
        '[[rule]]\npaths = ["/**"]\nto = ["a"]\n',
      ]
      const { found } = await check({
        'nixsecret.toml': POLICY + rules.join(''),
        'secrets/eval.nix': PLAINTEXT,
        'secrets/sub/eval.nix': PLAINTEXT,
        'secrets/sub/deeper': PLAINTEXT,
        'secrets/quo"te[1]': PLAINTEXT,
        'secrets/quo"te1': PLAINTEXT,
        'secrets/sp ace': PLAINTEXT,
      })
      assert.equal(found.sort(), ['secrets/quo\\"te1', 'secrets/sub/eval.nix'])
    },
  )

  test(title('the source can allow nothing by attributes of its own'), async () => {
    const { found } = await check({
      '.gitattributes': `${ATTRIBUTES}* store=plaintext\n`,
      'secrets/db': PLAINTEXT,
    })
    assert.equal(found, ['secrets/db'])
  })

  test(title('[default] may let through everything'), async () => {
    const { code } = await check({
      'nixsecret.toml': `${POLICY}store = "plaintext"\n`,
      'secrets/db': PLAINTEXT,
    })
    assert.is(code, 0)
  })

  test(title('a symbolic link at a protected path is not sealed'), async () => {
    const { found } = await check({ 'other/db': PLAINTEXT, 'secrets/sealed': BINARY }, (dir) =>
      symlinkSync('../other/db', join(dir, 'secrets/link')),
    )
    assert.equal(found, ['secrets/link, a symbolic link, which git does not encrypt'])
  })

  test(title('a source that protects nothing fails, for it is not the top of a repository'), async () => {
    const { code, stderr } = await check({ '.gitattributes': '*.png binary\n', 'secrets/db': PLAINTEXT })
    assert.is.not(code, 0)
    assert.match(stderr, /src must be the top of the repository/)
    const none = await build(`builtins.path { name = "source"; path = ${ROOT}/nix; }`)
    assert.match(none.stderr, /no nixsecret\.toml/)
  })

  test(title('a work tree is refused rather than copied to the store'), async () => {
    box.write('tree/secrets/db', 'never in a store\n')
    for (const src of [box.path('tree'), `"${box.path('tree')}"`]) {
      const { code, stderr } = await build(src)
      assert.is.not(code, 0)
      assert.match(stderr, /takes a source that is in the Nix store/)
    }
    // grep, for other tests put names into the store that are not UTF-8.
    assert.is((await box.run('grep', ['-rqaF', 'never in a store', place.nix.dir])).code, 1)
    assert.is(
      (await box.run('grep', ['-rqaF', PLAINTEXT.trim(), place.nix.dir])).code,
      0,
      'grep finds what is there',
    )
  })
}

test.run()
