import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needs } from '../support/needs.ts'
import { nixPrograms } from '../support/nix.ts'
import { Sandbox } from '../support/sandbox.ts'
import { FlakePlace } from './flake-place.ts'

const LINUX = ['aarch64-linux', 'x86_64-linux']
const ALL = ['aarch64-darwin', ...LINUX]

needs('the outputs of the flake', 'nix')
for (const program of nixPrograms()) {
  const name = (what: string) => `${what} (Nix ${program.version})`
  const box = new Sandbox('nixsecret-outputs')
  const place = new FlakePlace(box, program)
  const names = (output: string) => place.value(output, 'builtins.attrNames')

  test(name('every output is there for every system that it is said to be for'), async () => {
    // Nix 2.8 shows them all unasked, and knows no such flag.
    const all = program.version.startsWith('2.8.') ? [] : ['--all-systems']
    const shown = JSON.parse(await place.ok(['flake', 'show', '--json', ...all, place.flake]))
    assert.equal(Object.keys(shown.packages).sort(), ALL)
    assert.equal(Object.keys(shown.devShells).sort(), ALL)
    assert.equal(Object.keys(shown.checks).sort(), LINUX)
    for (const system of ALL) {
      assert.equal(Object.keys(shown.packages[system]).sort(), ['default', 'git-nixsecret'])
      assert.match(shown.packages[system].default.name, /^git-nixsecret-\d/)
      assert.is(shown.devShells[system].default.type, 'derivation')
    }
    assert.is(shown.overlays.default.type, 'nixpkgs-overlay')
    assert.is(shown.nixosModules.default.type, 'nixos-module')
    assert.equal(await names('homeModules'), ['default', 'nixsecret'])
    assert.equal(await names('homeManagerModules'), ['default', 'nixsecret'])
    assert.equal(await names('lib'), [
      'deploymentKeys',
      'extraBuiltinsFile',
      'keyCommand',
      'morphSecrets',
      'policy',
      'sealedCheck',
    ])
  })

  test(name('nix flake check finds nothing wrong'), async () => {
    const { code, stderr } = await place.run(['flake', 'check', '--no-build', place.flake])
    assert.is(code, 0, stderr)
  })

  test(name('the overlay adds git-nixsecret'), async () => {
    const pkgs = '{ callPackage = file: _: (import file); }'
    assert.equal(await place.value('overlays.default', `f: builtins.attrNames (f ${pkgs} { })`), [
      'git-nixsecret',
    ])
    assert.is(
      await place.value('overlays.default', `f: builtins.isFunction (f ${pkgs} { }).git-nixsecret`),
      true,
    )
  })

  test(name('modules, lib and overlay need no nixpkgs'), async () => {
    const none = box.write('none/flake.nix', '{ outputs = _: throw "nixpkgs was asked for"; }')
    const args = [
      '--override-input',
      'nixpkgs',
      `path:${none.slice(0, -'/flake.nix'.length)}`,
      '--no-write-lock-file',
    ]
    const value = async (output: string, apply: string) =>
      place.nix.run('nix', ['eval', '--json', `${place.flake}#${output}`, '--apply', apply, ...args])
    for (const output of ['nixosModules.default', 'homeModules.default']) {
      const { out } = await value(output, 'm: map (file: builtins.typeOf (import file)) m.imports')
      assert.is(out.trim(), '["lambda"]', output)
    }
    assert.is((await value('overlays.default', 'builtins.isFunction')).out.trim(), 'true')
    assert.is((await value('lib', 'l: l.keyCommand { file = "a"; }')).code, 0)
    const { code, stderr } = await value('packages.x86_64-linux', 'p: p.default.name')
    assert.is.not(code, 0)
    assert.match(stderr, /nixpkgs was asked for/, 'so that the above says something')
  })
}

test.run()
