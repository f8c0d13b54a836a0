import { spawn } from 'node:child_process'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { needs } from '../support/needs.ts'
import { NixPlace, nixPrograms } from '../support/nix.ts'
import { SealedStory } from './sealed-story.ts'

// A shell runs `nix build "$(git nixsecret flake-ref)#x"` even if there is no twin.
const test = suite('store/flake-ref, its faults')
const NOWHERE = '/dev/null/git-nixsecret-flake-ref-failed\n'

/** Faults of every kind: what to do to the repository, and what to ask for in it. */
const FAULTS: Readonly<
  Record<string, { args?: string[]; env?: Record<string, string>; spoil?: (story: SealedStory) => unknown }>
> = {
  'wrong usage': { args: ['a', 'b'] },
  'an option that there is not': { args: ['--dirr=.'] },
  'no such directory': { args: ['nowhere'] },
  'no repository': { args: ['..'] },
  'a bug': { env: { NODE_OPTIONS: '--require ./bug.cjs' } },
  // Last, as the repository stays spoilt.
  'a filter that fails': {
    spoil: async (story) => {
      await story.git('config', 'filter.nixsecret.process', 'false')
      await story.git('config', 'filter.nixsecret.clean', 'false')
      story.write('secrets/db', 'plaintext-that-was-changed\n')
    },
  },
  'no filter': { spoil: (story) => story.git('config', 'filter.nixsecret.required', 'false') },
}

test('any fault leaves a reference that is none, and a code', async () => {
  const story = await SealedStory.begin()
  // Nobody waits for what throws, and it happens when there is work to do.
  story.write(
    'bug.cjs',
    `const fs = require('node:fs'), stat = fs.statSync
     fs.statSync = (...args) => { setImmediate(() => { throw new TypeError('unforeseen') }); return stat(...args) }
     require('node:module').syncBuiltinESMExports()`,
  )
  for (const [what, { args = [], env = {}, spoil }] of Object.entries(FAULTS)) {
    await spoil?.(story)
    const options = { cwd: story.repo, env }
    const result = await story.person.box.run('git', ['nixsecret', 'flake-ref', ...args], options)
    assert.is(result.out, NOWHERE, what)
    assert.is(result.code, what === 'a bug' ? 70 : 2, what)
    assert.match(result.stderr, 'error: ', what)
  }
  story.person.box.remove()
})

test('so does a signal, which still kills', async () => {
  const story = await SealedStory.begin()
  const { box } = story.person
  // A command that still builds from the twin as it was makes it wait.
  const options = { cwd: story.repo, env: box.env }
  const busy = spawn('git', ['nixsecret', 'sealed', 'sh', '-c', 'echo; exec cat'], options)
  await new Promise((resolve) => busy.stdout.once('data', resolve))
  story.write('hosts/web.nix', '{ changed = 1; }\n')
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) {
    const child = spawn('git-nixsecret', ['flake-ref'], options)
    let out = ''
    child.stdout.on('data', (chunk) => {
      out += chunk
    })
    child.stderr.once('data', () => child.kill(signal))
    assert.is(await new Promise((resolve) => child.on('close', (_, by) => resolve(by))), signal)
    assert.is(out, NOWHERE, signal)
  }
  busy.stdin.end()
  await new Promise((resolve) => busy.on('close', resolve))
  box.remove()
})

for (const program of needs('references that are none', 'nix') ? nixPrograms() : []) {
  test(`Nix ${program.version} takes it nowhere, and reads nothing`, async () => {
    const story = await SealedStory.begin()
    const { box } = story.person
    story.write('flake.nix', '{ outputs = { self }: { x = 1; }; }\n')
    story.write('default.nix', '{ x = "${./secrets/db}"; }\n')
    await story.commit('Flake')
    const nix = new NixPlace(box, program)
    const { out } = await nix.run('git', ['nixsecret', 'flake-ref', '--bogus'], { cwd: story.repo })
    const find = () => nix.find(['hunter2-of-the'])
    for (const command of [
      'nix eval "REF#x"',
      'nix eval "REF?dir=secrets#x"',
      'nix eval "path:REF#x"',
      'nix eval "git+file://REF#x"',
      'nix flake metadata "REF"',
      'nix flake lock "REF"',
      'nix develop "REF#x" --command true',
      'nix-instantiate --eval --read-write-mode "REF" -A x',
      'nix-build "REF/default.nix" -A x',
      'nix eval --impure --expr "(builtins.getFlake \\"REF\\").x"',
    ]) {
      const line = command.replace('REF', '$REF')
      const options = { cwd: story.repo, env: { REF: out.trimEnd() } }
      const { code, stderr } = await nix.run('sh', ['-c', line], options)
      assert.is.not(code, 0, command)
      assert.match(stderr, /git-nixsecret-flake-ref-failed/, command)
    }
    assert.equal(await find(), [])
    // The search finds what the open tree leaks; with an empty reference, Nix takes that.
    await nix.run('nix', ['eval', program.version.startsWith('2.8') ? '.#x' : '#x'], { cwd: story.repo })
    assert.is.not((await find()).length, 0)
    box.remove()
  })
}

test.run()
