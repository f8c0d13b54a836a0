import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { BytePath } from '../../src/byte-path.ts'
import { editorUses } from '../../src/setup/doctor/open-tree/editors.ts'
import { envrcUses } from '../../src/setup/doctor/open-tree/envrc.ts'
import { type Machine, machineUses } from '../../src/setup/doctor/open-tree/machine.ts'
import { nixFileUses } from '../../src/setup/doctor/open-tree/nix-files.ts'
import { scriptUses } from '../../src/setup/doctor/open-tree/scripts.ts'
import { ThisTree } from '../../src/setup/doctor/open-tree/this-tree.ts'
import type { OpenUse } from '../../src/setup/doctor/open-tree/use.ts'

const test = suite('open tree')
const dir = mkdtempSync(join(tmpdir(), 'nixsecret-open-tree-'))
const top = join(dir, 'nixos')
mkdirSync(join(top, 'sub'), { recursive: true })
writeFileSync(join(top, 'flake.nix'), '{ }\n')
symlinkSync(top, join(dir, 'link'))
const tree = new ThisTree(top)
test.after(() => rmSync(dir, { recursive: true }))

const braced = (name: string) => `$\{${name}}`

type Find = (path: BytePath, text: string, tree: ThisTree) => OpenUse[]
const found = (find: Find, path: string, text: string) =>
  find(path as BytePath, text, tree).map(({ where, instead }) => `${where.slice(path.length + 1)} ${instead}`)
/** The line, and what it should be instead; null: it is none. */
type Case = readonly [line: string, instead: string | null]

function each(find: Find, path: string, cases: readonly Case[]): void {
  for (const [line, instead] of cases)
    assert.equal(found(find, path, `\n${line}\n`), instead === null ? [] : [`2 ${instead}`], line)
}

const S = 'git nixsecret sealed'

test('commands of nix in shell scripts', () => {
  each(scriptUses, 'build.sh', [
    ['nix build', `${S} nix build @sealed@`],
    ['nix build .', `${S} nix build @sealed@`],
    ['nix build .#x -L', `${S} nix build '@sealed@#x' -L`],
    [
      'nix build \'.#nixosConfigurations."web".config\' --no-link',
      `${S} nix build '@sealed@#nixosConfigurations."web".config' --no-link`,
    ],
    ['nix build nixpkgs#hello ./#y', `${S} nix build nixpkgs#hello '@sealed@#y'`],
    [
      'nix --extra-experimental-features "nix-command flakes" build path:. -o out',
      `${S} nix --extra-experimental-features "nix-command flakes" build @sealed@ -o out`,
    ],
    ['nix build -o result 2>/dev/null', `${S} nix build @sealed@ -o result`],
    [
      '  if ! out=$(nix build .#x --print-out-paths); then exit 1; fi',
      `${S} nix build '@sealed@#x' --print-out-paths`,
    ],
    ['echo "built $(nix eval --raw .#version)"', `${S} nix eval --raw '@sealed@#version'`],
    ['cd x && nix develop -c make', `${S} nix develop @sealed@ -c make`],
    ['nix run .#deploy -- --all .', `${S} nix run '@sealed@#deploy' -- --all .`],
    ["bash -euc 'nix flake check'", `${S} nix flake check`],
    ['FOO=1 exec nix flake show git+file:.?dir=sub', `FOO=1 exec ${S} nix flake show @sealed@`],
    ['nix flake update nixpkgs', `${S} nix flake update nixpkgs`],
    [`nix flake update --flake ${top}`, `cd ${top} && ${S} nix flake update --flake @sealed@`],
    ['nix fmt', `${S} nix run '@sealed@#formatter.SYSTEM' -- .    # SYSTEM: x86_64-linux or what yours is`],
    ['nix build \\\n  .#x', `${S} nix build '@sealed@#x'`],
    [`nix build ${dir}/link#x`, `cd ${dir}/link && ${S} nix build '@sealed@#x'`],
    ['nix build ./sub#x', `cd ./sub && ${S} nix build '@sealed@#x'`],
    ['nix build "$PWD#x"', `${S} nix build '@sealed@#x'`],
    ['nom build .#x', `${S} nom build '@sealed@#x'`],
  ])
  each(scriptUses, 'build.sh', [
    ['# nix build .', null],
    ['nix build nixpkgs#hello # not .', null],
    ['nix run nixpkgs#treefmt -- .', null],
    ['nix build -f . x', null],
    ['nix build --expr 1', null],
    ['nix build github:a/b', null],
    ['nix build /elsewhere#x', null],
    ['nix build "$FLAKE#x"', null],
    ['nix flake init', null],
    ['nix flake prefetch github:a/b', null],
    ['nix store gc', null],
    ['nix-build -A x', null],
    ['echo "run: nix build .#x"', null],
    ['echo "first; nix build ."', null],
    ['cat <<EOF\nnix build .\nEOF', null],
    ["git nixsecret sealed nix build '@sealed@#x'", null],
    ['nix build "$(git nixsecret flake-ref)#x"', null],
    ['unix build .', null],
    ['my-nix build .', null],
    ["nix build 'unclosed", null],
  ])
})

test('commands that take --flake, colmena, deploy and nh', () => {
  each(scriptUses, 'rebuild', [['nix build .', null]])
  assert.equal(found(scriptUses, 'rebuild', '#!/usr/bin/env bash\nnix build .\n'), [
    `2 ${S} nix build @sealed@`,
  ])
  each(scriptUses, 'bin/rebuild.sh', [
    ['sudo nixos-rebuild switch --flake .#web', `sudo ${S} nixos-rebuild switch --flake '@sealed@#web'`],
    [
      'sudo -E -u root nixos-rebuild boot --flake=.',
      `sudo -E -u root ${S} nixos-rebuild boot --flake=@sealed@`,
    ],
    [
      'nixos-rebuild switch --flake ".#$HOST" --target-host x',
      `${S} nixos-rebuild switch --flake '@sealed@#$HOST' --target-host x`,
    ],
    ['home-manager switch --flake .', `${S} home-manager switch --flake @sealed@`],
    [
      '/run/current-system/sw/bin/darwin-rebuild switch --flake .',
      `${S} darwin-rebuild switch --flake @sealed@`,
    ],
    ['colmena apply --on web', `${S} colmena apply --on web`],
    ['deploy .#web', `${S} deploy '@sealed@#web'`],
    ['nh os switch . -- --show-trace', `${S} nh os switch @sealed@ -- --show-trace`],
    ['nixos-rebuild switch', null],
    ['nixos-rebuild switch --flake github:a/b#web', null],
    ['colmena apply -f other/hive.nix', null],
    ['colmena nix-info', null],
    ['deploy', null],
    ['deploy --help', null],
    ['nh os switch', null],
    ['nh search .', null],
    ['nh os switch /elsewhere', null],
  ])
})

test('makefiles, just, go-task, package.json', () => {
  each(scriptUses, 'Makefile', [
    ['\t@nix build .#x', `${S} nix build '@sealed@#x'`],
    ['V := $(shell nix eval --raw .#v)', `${S} nix eval --raw '@sealed@#v'`],
    ['\t@echo nix build .', null],
    ['nix: build', null],
  ])
  each(scriptUses, 'justfile', [
    [
      '  sudo nixos-rebuild switch --flake .#{{ host }}',
      `sudo ${S} nixos-rebuild switch --flake '@sealed@#{{ host }}'`,
    ],
    ['build host:', null],
  ])
  each(scriptUses, 'Taskfile.yml', [
    ['      - nix flake check', `${S} nix flake check`],
    ["      - cmd: 'nix build .#x'", `${S} nix build '@sealed@#x'`],
    ['    desc: nix build .', null],
  ])
  assert.equal(
    found(
      scriptUses,
      'package.json',
      '{\n "name": "nix build .",\n "scripts": {\n  "a": "tsc",\n  "b": "nix build . && x"\n }\n}',
    ),
    [`5 ${S} nix build @sealed@`],
  )
  assert.equal(found(scriptUses, 'package.json', '{ not json'), [])
})

test('CI counts where its file opens secrets', () => {
  const ci = (more: string) =>
    `jobs:\n  a:\n    steps:\n      - run: nix build .#x\n      - run: |\n          ${more}\n`
  for (const path of [
    '.github/workflows/a.yml',
    '.gitlab-ci.yml',
    '.forgejo/workflows/b.yaml',
    '.woodpecker/x.yml',
  ]) {
    assert.equal(found(scriptUses, path, ci('echo')), [], path)
    const opened = ci('git nixsecret init && nix flake check')
    assert.equal(
      found(scriptUses, path, opened),
      [`4 ${S} nix build '@sealed@#x'`, `6 ${S} nix flake check`],
      path,
    )
  }
  assert.equal(found(scriptUses, 'other.yml', ci('git nixsecret init')), [])
})

test('.envrc', () => {
  const use = (directory: string, rest: string) =>
    `watch_file flake.nix flake.lock; ref=$(git nixsecret flake-ref${directory}) && use flake "$ref${rest}`
  each(envrcUses, '.envrc', [
    ['use flake', use('', '"')],
    ['use flake .', use('', '"')],
    ['use_flake', use('', '"')],
    ['if ! use flake . --impure; then', use('', '" --impure')],
    ['use flake path:.#dev', use('', '#dev"')],
    ['use flake ".#dev" --impure', use('', '#dev" --impure')],
    ['use flake ./sub', use(' ./sub', '"')],
    ['has nix && use flake', use('', '"')],
    ['# use flake', null],
    ['use nix', null],
    ['use flake github:a/b', null],
    ['use flake "$(git nixsecret flake-ref)"', null],
    ['ref=$(git nixsecret flake-ref) && use flake "$ref#dev"', null],
    ['use flake /elsewhere', null],
    ['echo use flake', null],
  ])
  assert.equal(found(envrcUses, 'notes.txt', 'use flake\n'), [])
  // What else runs nix there is a command as any other.
  each(scriptUses, '.envrc', [['eval "$(nix print-dev-env)"', `${S} nix print-dev-env @sealed@`]])
})

test('settings of editors', () => {
  const get = 'builtins.getFlake "REF"    # REF: what "git nixsecret flake-ref" prints'
  each(editorUses, '.vscode/settings.json', [
    [`"expr": "(builtins.getFlake \\"${top}\\").nixosConfigurations.a.options"`, get],
    ['"expr": "(builtins.getFlake (builtins.toString ./.)).nixosConfigurations.a.options"', get],
    [`"expr": "(builtins.getFlake \\"${braced('workspaceFolder')}\\").options"`, get],
    [`"expr": "import (builtins.getFlake \\"git+file://${dir}/link\\").inputs.nixpkgs { }"`, get],
    [
      '"flake": { "autoArchive": true, "autoEvalInputs": true }',
      '"flake": { "autoArchive": false, "autoEvalInputs": true }',
    ],
    ['"autoArchive": false', null],
    ['"autoArchive": null', null],
    ['// "autoArchive": true', null],
    ['"expr": "(builtins.getFlake \\"/elsewhere\\").options"', null],
    ['"expr": "(builtins.getFlake \\"github:a/b\\").options"', null],
    ['"expr": "import <nixpkgs> { }"', null],
  ])
  each(editorUses, '.helix/languages.toml', [
    [`options.nixos.expr = "(builtins.getFlake \\"${top}\\").options"`, get],
    ['# auto', null],
    ['config.nil.nix.flake.autoArchive = true', 'config.nil.nix.flake.autoArchive = false'],
  ])
  each(editorUses, '.nvim.lua', [
    [`expr = '(builtins.getFlake "${top}").options',`, get],
    [`-- expr = '(builtins.getFlake "${top}").options',`, null],
  ])
  each(editorUses, 'home/editor.nix', [
    [`expr = ''(builtins.getFlake "${top}").options'';`, get],
    ['autoArchive = true;', null],
    ['inputs = builtins.getFlake "github:a/b";', null],
  ])
  each(editorUses, 'repl.nix', [['builtins.getFlake (toString ./.)', get]])
  assert.equal(found(editorUses, 'notes.json', '"autoArchive": true'), [])
})

test('Nix files: upgrades, nh, aliases', () => {
  each(nixFileUses, 'host.nix', [
    [
      `system.autoUpgrade.flake = "${top}#web";`,
      'system.autoUpgrade.flake = "git+ssh://HOST/REPOSITORY";    # what a remote has is ciphertext',
    ],
    ['system.autoUpgrade.flake = "github:a/b";', null],
    ['flake = inputs.nixpkgs;', null],
    [`  programs.nh.flake = "${dir}/link";`, `${S} nh os switch @sealed@    # and no default`],
    [`environment.sessionVariables.NH_FLAKE = "${top}";`, `${S} nh os switch @sealed@    # and no default`],
    [`# programs.nh.flake = "${top}";`, null],
    ['programs.nh.flake = "/elsewhere";', null],
    [
      `rebuild = "sudo nixos-rebuild switch --flake ${top}#web";`,
      `cd ${top} && sudo ${S} nixos-rebuild switch --flake '@sealed@#web'`,
    ],
    [`  nixos-rebuild switch --flake ${top}`, `cd ${top} && ${S} nixos-rebuild switch --flake @sealed@`],
    ['update = "nix flake update";', null],
    ['nb = "nix build .#x";', null],
    ['nix.settings.experimental-features = [ "nix-command" ];', null],
  ])
  each(nixFileUses, 'devenv.nix', [['scripts.b.exec = "nix build .#x";', `${S} nix build '@sealed@#x'`]])
  const block = `system.autoUpgrade = {\n  enable = true;\n  flake = "${top}";\n};\n`
  assert.is(found(nixFileUses, 'h.nix', block).length, 1)
  assert.equal(found(nixFileUses, 'h.nix', `other = {\n  flake = "${top}";\n};\n`), [])
})

test('the machine: /etc/nixos, home-manager, registries, variables', () => {
  const registry = join(dir, 'registry.json')
  const to = (place: object) => ({ from: { type: 'indirect', id: 'cfg' }, to: place, exact: false })
  const none: Machine = {
    env: {},
    etcNixos: join(dir, 'none'),
    registries: [registry],
    homeManager: join(dir, 'none'),
  }
  const where = (machine: Partial<Machine>) =>
    machineUses({ ...none, ...machine }, tree).map((use) => use.where)
  assert.equal(where({}), [])
  assert.equal(where({ etcNixos: join(dir, 'link') }), [join(dir, 'link')])
  // Without a flake.nix it takes only what the configuration names.
  assert.equal(where({ etcNixos: join(top, 'sub') }), [])
  assert.equal(where({ homeManager: top }), [top])
  for (const [place, counts] of [
    [{ type: 'path', path: top }, true],
    [{ type: 'git', url: `file://${dir}/link` }, true],
    [{ type: 'github', owner: 'a', repo: 'b' }, false],
    [{ type: 'path', path: '/elsewhere' }, false],
  ] as const) {
    writeFileSync(registry, JSON.stringify({ version: 2, flakes: [to(place), null, { to: { path: 1 } }] }))
    assert.equal(where({}), counts ? [registry] : [], JSON.stringify(place))
  }
  for (const broken of ['', '{', '[]', 'null', '{"flakes":1}']) {
    writeFileSync(registry, broken)
    assert.equal(where({}), [], broken)
  }
  assert.equal(
    where({ env: { NH_FLAKE: top, FLAKE: '/elsewhere', NIX_PATH: `nixpkgs=/x:cfg=flake:${top}:y=${top}` } }),
    ['$NH_FLAKE', '$NIX_PATH'],
  )
})

test('a home directory is as good as written out; any other variable is not', () => {
  const home = new ThisTree(homedir())
  for (const text of ['~', '$HOME', braced('HOME'), '~/.#x', 'path:~'])
    assert.is.not(home.leads(text, null), null, text)
  for (const text of ['$X', '~x', braced('X'), '*', '.', '$(x)', 'self', ''])
    assert.is(home.leads(text, null), null, text)
  assert.equal(tree.leads('./.#a#b', ''), { directory: '.', attribute: '#a#b' })
  assert.is(tree.leads('..', ''), null)
  assert.equal(tree.leads('..', 'sub'), { directory: '..', attribute: '' })
})

test.run()
