import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { needs } from '../support/needs.ts'
import { NixPlace, type NixProgram, nixPrograms } from '../support/nix.ts'
import { isAge } from '../support/story.ts'
import { SealedStory } from './sealed-story.ts'

// Nix takes what it copied for a commit again, whatever clone it is asked for. See docs/nix.md.
const test = suite('store/poisoned')
const NIX = ['nix', '--extra-experimental-features', 'nix-command flakes']
const DRV =
  'derivation { name = "x"; system = "x86_64-linux"; builder = "/bin/sh"; args = [ "-c" "echo a > $out" ]; s = "${./secrets/db}"; }'
const there = needs('poisoned caches of Nix', 'nix')

for (const program of there ? nixPrograms() : []) {
  const name = `Nix ${program.version}`

  test(`${name}: a clean tree`, async () => {
    const [story, place] = await begin(program)
    const head = (await story.git('rev-parse', 'HEAD')).trim()
    await poison(story, place)
    // The leak is real: a twin that nobody looks after gets the plaintext.
    const twin = join(story.repo, '.git/nixsecret/twin/tree')
    await story.sealed(['true'])
    const before = await place.ok('nix', [...NIX.slice(1), 'flake', 'metadata', '--json', twin])
    const { path } = JSON.parse(before) as { path: string }
    assert.is(readFileSync(join(path, 'secrets/db'), 'utf8'), 'hunter2-of-the-database\n')
    const told = await hasCiphertext(story, place, 'first')
    assert.match(told, /warning: .*-source has the plaintext of secrets\/db/)
    assert.match(told, /hint: git nixsecret audit/)
    const rev = await sealedOk(story, place, [...NIX, 'eval', '--raw', '@sealed@#revision'])
    assert.is(rev, head, 'self.rev is that of the real tree')
    assert.not.match(await hasCiphertext(story, place, 'again'), /plaintext/)
    await poison(story, place)
    await hasCiphertext(story, place, 'after another command on the open work tree')
    story.person.box.remove()
  })

  test(`${name}: a tree with changes`, async () => {
    const [story, place] = await begin(program)
    story.write('hosts/web.nix', '{ changed = 1; }\n')
    await poison(story, place)
    await hasCiphertext(story, place, 'dirty')
    story.person.box.remove()
  })

  test(`${name}: a journal that a killed Nix left has rows that would come back`, async () => {
    const [story, place] = await begin(program)
    await poison(story, place)
    const dir = join(place.dir, 'cache/nix')
    const caches = readdirSync(dir).filter((cache) => /^fetcher-cache-v\d+\.sqlite$/.test(cache))
    // A journal has pages of the database as they were.
    for (const cache of caches) copyFileSync(join(dir, cache), join(dir, `${cache}-journal`))
    const refused = await place.run('git', ['nixsecret', 'sealed', 'true'], { cwd: story.repo })
    assert.is(refused.code, 2)
    assert.match(refused.stderr, /error: .*fetcher-cache-v\d+\.sqlite-journal/)
    assert.match(refused.stderr, /hint: rm -f .*fetcher-cache-v\d+\.sqlite\* /)
    for (const cache of caches) rmSync(join(dir, `${cache}-journal`))
    await hasCiphertext(story, place, 'without the journal')
    story.person.box.remove()
  })

  test(`${name}: of a cache in a form that is not known, Nix itself is asked`, async () => {
    const [story, place] = await begin(program)
    const head = (await story.git('rev-parse', 'HEAD')).trim()
    const file = join(place.dir, 'cache/nix/fetcher-cache-v77.sqlite')
    story.person.box.write(file, `xx${head}yy`)

    const asked = await place.run('git', ['nixsecret', 'sealed', 'true'], { cwd: story.repo })
    assert.is(asked.code, 0, asked.stderr)
    story.write('flake.nix', 'no flake that can be read')
    const refused = await place.run('git', ['nixsecret', 'sealed', 'true'], { cwd: story.repo })
    assert.is(refused.code, 2)
    assert.match(refused.stderr, /error: .*fetcher-cache-v77/)
    assert.match(refused.stderr, /hint: rm -f .*fetcher-cache-v77/)
    writeFileSync(file, 'nothing of it')
    assert.is((await place.run('git', ['nixsecret', 'sealed', 'true'], { cwd: story.repo })).code, 0)
    story.person.box.remove()
  })
}

async function begin(program: NixProgram): Promise<[SealedStory, NixPlace]> {
  const story = await SealedStory.begin()
  const flake = `{ outputs = { self }: { x = ${DRV}; revision = self.rev or "dirty"; }; }\n`
  story.write('flake.nix', flake)
  await story.commit('Flake')
  return [story, new NixPlace(story.person.box, program)]
}

/** Nix reads the open work tree in all the ways that it remembers; git sees it as clean, as after any checkout. */
async function poison(story: SealedStory, place: NixPlace): Promise<void> {
  const past = new Date(Date.now() - 100_000)
  utimesSync(join(story.repo, 'secrets/db'), past, past)
  await story.git('add', 'secrets/db')
  await place.ok('nix', [...NIX.slice(1), 'flake', 'metadata', '.'], { cwd: story.repo })
  await place.ok('nix', [...NIX.slice(1), 'build', '--no-link', '.#x'], { cwd: story.repo })
  await place.ok('nix-instantiate', ['--eval', '-E', '(builtins.fetchGit ./.).outPath'], { cwd: story.repo })
}

async function sealedOk(story: SealedStory, place: NixPlace, command: readonly string[]): Promise<string> {
  return place.ok('git', ['nixsecret', 'sealed', '--', ...command], { cwd: story.repo })
}

/** Each way that Nix has to a source gives ciphertext. @returns what sealed said in the first */
async function hasCiphertext(story: SealedStory, place: NixPlace, when: string): Promise<string> {
  const args = ['nixsecret', 'sealed', '--', ...NIX, 'flake', 'metadata', '--json', '@sealed@']
  const { stderr, out } = await place.run('git', args, { cwd: story.repo })
  const { path } = JSON.parse(out) as { path: string }
  assert.ok(isAge(readFileSync(join(path, 'secrets/db'))), `${when}: metadata`)
  const fetched = await sealedOk(story, place, [
    'nix-instantiate',
    '--eval',
    '-E',
    '(builtins.fetchGit ./.).outPath',
  ])
  assert.ok(isAge(readFileSync(join(JSON.parse(fetched) as string, 'secrets/db'))), `${when}: fetchGit`)
  // Not from the evaluation cache either.
  await sealedOk(story, place, [...NIX, 'build', '--out-link', 'built', '@sealed@#x'])
  assert.ok(existsSync(join(story.repo, 'built')))
  const drv = (await place.ok('nix-store', ['-q', '--deriver', './built'], { cwd: story.repo })).trim()
  const needed = (await place.ok('nix-store', ['-q', '--references', drv], { cwd: story.repo }))
    .trim()
    .split('\n')
  assert.ok(needed.length > 0)
  for (const path of needed) assert.ok(isAge(readFileSync(path)), `${when}: build`)
  return stderr
}

test.run()
