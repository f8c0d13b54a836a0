import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needs } from '../support/needs.ts'
import { NixPlace, nixPrograms } from '../support/nix.ts'
import { Sandbox } from '../support/sandbox.ts'
import { Person, startRepository } from '../support/story.ts'
import { ROOT } from './flake-place.ts'

needs('the functions of the flake', 'nix')
for (const program of nixPrograms()) {
  const name = (what: string) => `${what} (Nix ${program.version})`
  const box = new Sandbox('nixsecret-lib')
  const nix = new NixPlace(box, program)
  const run = (expression: string) =>
    nix.run('nix', ['eval', '--json', '--impure', '--expr', `(import ${ROOT}/nix/lib.nix).${expression}`])
  const value = async (expression: string) => {
    const { code, stderr, out } = await run(expression)
    assert.is(code, 0, stderr)
    return JSON.parse(out)
  }

  test(name('policy is nixsecret.toml as it stands'), async () => {
    box.write(
      'src/nixsecret.toml',
      'version = 1\n[recipients]\na = "age1x"\n[[rule]]\npaths = ["/s/**"]\nto = ["a"]\n',
    )
    assert.equal(await value(`policy ${box.path('src')}`), {
      version: 1,
      recipients: { a: 'age1x' },
      rule: [{ paths: ['/s/**'], to: ['a'] }],
    })
  })

  test(
    name('the arguments of keyCommand print the secret, from anywhere, and leave the store alone'),
    async () => {
      const person = await Person.create('deployer')
      const repo = await startRepository(person)
      const secret = 'a password for the\nhost\n'
      person.box.write(join(repo, 'secrets/a name'), secret)
      await person.git(repo, 'add', '.')
      const before = nix.names()
      const [command, ...args] = await value(`keyCommand { root = "${repo}"; file = "secrets/a name"; }`)
      assert.is(command, 'git')
      assert.is(await person.box.ok('git', args), secret)
      const [, ...inTop] = await value('keyCommand { file = "secrets/a name"; }')
      assert.is(await person.box.ok('git', inTop, { cwd: repo }), secret)
      assert.equal(nix.names(), before)
      assert.equal(await nix.find(['a password for the']), [])
    },
  )

  test(name('keyCommand takes nothing that is, or would be, in the store'), async () => {
    box.write('plain', 'text')
    for (const [args, why] of [
      [`{ file = ${box.path('plain')}; }`, /must be a string/],
      [`{ file = "\${${box.path('plain')}}"; }`, /in the Nix store/],
      [`{ file = "a"; root = ${box.path('src')}; }`, /must be a string/],
      [`{ file = "a"; root = "${nix.store}/x"; }`, /in the Nix store/],
      [`{ file = "a"; root = "here"; }`, /absolute/],
    ] as const) {
      const { code, stderr } = await run(`keyCommand ${args}`)
      assert.is(code, 1, args)
      assert.match(stderr, why)
    }
  })
}

test.run()
