import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytePath } from '../../src/byte-path.ts'
import { pastePath } from '../../src/secret/paste-path.ts'
import { SealedStory } from './sealed-story.ts'

// No all-clear for what was not looked at, nothing removed that Nix does not make anew, no hint that runs a name.
const test = suite('store/audit-limits')
const SECRET = 'hunter2-of-the-database'

/** Runs `audit` with a store and caches of its own. */
class Limits {
  readonly story: SealedStory

  private constructor(story: SealedStory) {
    this.story = story
  }

  static async begin(): Promise<Limits> {
    const limits = new Limits(await SealedStory.begin())
    mkdirSync(limits.path('store'))
    mkdirSync(limits.path('cache/nix'), { recursive: true })
    return limits
  }

  path(name: string): string {
    return this.story.person.box.path(name)
  }

  audit(...args: string[]) {
    const env = {
      NIX_STORE_DIR: this.path('store'),
      NIX_STATE_DIR: this.path('var'),
      NIX_LOG_DIR: this.path('log'),
      XDG_CACHE_HOME: this.path('cache'),
    }
    return this.story.person.box.run('git', ['nixsecret', 'audit', ...args], { cwd: this.story.repo, env })
  }
}

test('a store that was named and is not there is a fault', async () => {
  const limits = await Limits.begin()
  assert.is((await limits.audit()).code, 0)
  const { code, stderr } = await limits.audit('--store', limits.path('no-store'))
  assert.is(code, 2)
  assert.match(stderr, /error: there is no store at .*no-store/)
  limits.story.person.box.remove()
})

test('a part of the cache behind a symbolic link is no all-clear; a link into the store is', async () => {
  const limits = await Limits.begin()
  limits.story.person.box.write(limits.path('store/registry'), '{}')
  symlinkSync(limits.path('store/registry'), limits.path('cache/nix/flake-registry.json'))
  symlinkSync(limits.path('gone'), limits.path('cache/nix/dangling'))
  assert.is((await limits.audit()).code, 0)
  limits.story.person.box.write(limits.path('other-disk/a.sqlite'), `x${SECRET}x`)
  symlinkSync(limits.path('other-disk'), limits.path('cache/nix/eval-cache-v6'))
  const { code, stderr } = await limits.audit()
  assert.is(code, 2)
  assert.match(stderr, /eval-cache-v6 was not looked at: a symbolic link is not followed/)
  limits.story.person.box.remove()
})

test('--delete removes caches of Nix, and leaves what else lies there', async () => {
  const limits = await Limits.begin()
  const { box } = limits.story.person
  const own = box.write(limits.path('cache/nix/notes.txt'), `x${SECRET}x`)
  const clone = limits.path('cache/nix/clone/.git')
  box.write(join(clone, 'HEAD'), 'ref: refs/heads/main\n')
  execFileSync('git', ['init', '-q', '--bare', clone])
  execFileSync('git', ['--git-dir', clone, 'hash-object', '-w', '--stdin'], { input: `x${SECRET}x` })
  const theirs = ['eval-cache-v5/00ff.sqlite', 'fetcher-cache-v4.sqlite', 'gitv3/0abc/config'].map((name) =>
    box.write(limits.path(`cache/nix/${name}`), `x${SECRET}x`),
  )
  const { code, stderr } = await limits.audit('--delete')
  assert.is(code, 1)
  assert.ok(existsSync(own) && existsSync(clone))
  for (const file of theirs) assert.not.ok(existsSync(file), file)
  assert.match(stderr, /notes\.txt stays: it is no file that Nix made/)
  box.remove()
})

test('what HEAD protects is looked for, whatever the attributes here say', async () => {
  const limits = await Limits.begin()
  limits.story.write('secrets/other', 'another-one-of-them\n')
  await limits.story.commit('Another')
  limits.story.write('.git/info/attributes', 'secrets/db -filter\n')
  limits.story.person.box.write(limits.path('store/x'), `${SECRET}\n`)
  assert.is((await limits.audit()).code, 1)
  limits.story.person.box.remove()
})

test('no name runs a command in a hint', async () => {
  const limits = await Limits.begin()
  limits.story.write('secrets/$(touch ran)', 'of-a-name-that-runs\n')
  limits.story.person.box.write(limits.path('store/x'), 'of-a-name-that-runs\n')
  const { stderr } = await limits.audit()
  assert.match(stderr, "git nixsecret edit 'secrets/$(touch ran)'")
  for (const name of ['a b', '$(touch ran)', '`touch ran`\n', "'$(touch ran)\t'", '-x"$(touch ran)"']) {
    const word = pastePath({ prefix: '' } as Parameters<typeof pastePath>[0], bytePath(Buffer.from(name)))
    execFileSync('sh', ['-c', `printf %s ${word}`], { cwd: limits.path('store') })
  }
  assert.not.ok(existsSync(limits.path('store/ran')))
  limits.story.person.box.remove()
})

test.run()
