import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openTreeArgument } from '../../src/store/open-tree-argument.ts'
import { needs } from '../support/needs.ts'
import { NixPlace, nixPrograms } from '../support/nix.ts'
import { SealedStory } from './sealed-story.ts'

// `sealed nixos-rebuild switch --flake /etc/nixos#web1` would build from the plaintext that it is to keep out.
const test = suite('store/open-tree-argument')

test('arguments that give Nix the open work tree are refused, and nothing is run', async () => {
  const story = await SealedStory.begin()
  const { repo } = story
  symlinkSync(repo, `${repo}-link`)
  for (const args of [
    ['echo', `${repo}#x`],
    ['echo', `path:${repo}`],
    ['echo', `git+file://${repo}?dir=hosts#x`],
    ['echo', `--flake=${repo}#web1`],
    ['echo', `${repo}-link#x`],
    ['echo', `-Inixos-config=${repo}/hosts/web.nix`],
    ['echo', '@sealed@#x', '.#y'],
    ['echo', '@sealed@#x', '.'],
    ['echo', '@sealed@#x', 'hosts/web.nix'],
  ]) {
    const { code, stdout, stderr } = await story.sealed(args)
    assert.is(code, 2, args.join(' '))
    assert.is(stdout.toString(), '')
    assert.match(stderr, /error: .* is in the open work tree, not its twin\nhint: .*@sealed@/)
  }
  const fine = ['@sealed@#x', '--out-link', './result', '-o', 'secrets', './hosts', 'web', 'nixpkgs#hello']
  assert.is((await story.sealed(['echo', ...fine])).code, 0)
  assert.is((await story.sealed(['echo', '.', './flake.nix', '..#x'])).code, 0, 'in the twin')
  story.person.box.remove()
})

test('where there is no such thing, nothing is said', () => {
  const top = join(process.env.TMPDIR ?? '/tmp', `open-tree-${process.pid}`)
  mkdirSync(join(top, '.git'), { recursive: true })
  for (const argument of [
    '',
    '=',
    '#',
    '/',
    `${top}/absent#x`,
    'path:',
    '%',
    `path:${top}/%ff`,
    `${top}/.git#x`,
  ])
    assert.is(openTreeArgument(argument, top, top, join(top, '.git')), null, argument)
  assert.is(openTreeArgument('.#x', top, top, join(top, '.git')), top)
  rmSync(top, { recursive: true })
})

for (const program of needs('leaks of a command in a twin', 'nix') ? nixPrograms() : []) {
  test(`Nix ${program.version}: what no argument shows is told of afterwards`, async () => {
    const story = await SealedStory.begin()
    const place = new NixPlace(story.person.box, program)
    const script = `nix flake metadata "$(printf %s ${story.repo})"`
    const args = ['nixsecret', 'sealed', 'sh', '-c', script]
    const { code, stderr } = await place.run('git', args, { cwd: story.repo })
    assert.is(code, 0, stderr)
    assert.match(stderr, /warning: .*-source has the plaintext of secrets\/db/)
    story.person.box.remove()
  })
}

test.run()
