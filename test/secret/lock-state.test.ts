import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { LockState } from '../../src/blob/lock-state.ts'
import { textPath } from '../../src/byte-path.ts'
import { Sandbox } from '../support/sandbox.ts'

function place(linked?: string) {
  const commonDir = join(new Sandbox('lock-state').dir, '.git')
  const gitDir = linked === undefined ? commonDir : join(commonDir, 'worktrees', linked)
  mkdirSync(gitDir, { recursive: true })
  if (linked !== undefined) writeFileSync(join(gitDir, 'commondir'), '../..\n')
  return { gitDir, commonDir, stateDir: join(commonDir, 'nixsecret') }
}
const path = textPath

test('nothing is locked where there is no state', () => {
  const state = LockState.load(place())
  assert.is(state.empty, true)
  assert.is(state.damaged, false)
  assert.is(state.isLocked(path('a')), false)
})

test('the last word about a path or a directory around it counts', () => {
  const repo = place()
  const state = LockState.load(repo)
  state.lock('')
  state.unlock(path('secrets'))
  state.lock(path('secrets/web/key'))
  state.save()
  const read = LockState.load(repo)
  assert.is(read.isLocked(path('other')), true)
  assert.is(read.isLocked(path('secrets/db')), false)
  assert.is(read.isLocked(path('secretsdb')), true)
  assert.is(read.isLocked(path('secrets/web/key')), true)
  read.unlock('')
  assert.is(read.isLocked(path('secrets/web/key')), false)
  assert.is(read.empty, true)
})

test('what another command wrote meanwhile is kept, and an empty state leaves no file', () => {
  const repo = place()
  const [one, two] = [LockState.load(repo), LockState.load(repo)]
  one.lock(path('a'))
  one.save()
  two.lock(path('b'))
  two.save()
  const both = LockState.load(repo)
  assert.is(both.isLocked(path('a')) && both.isLocked(path('b')), true)
  assert.is(statSync(join(repo.stateDir, 'locked')).mode & 0o777, 0o700)
  assert.equal(readdirSync(join(repo.stateDir, 'locked')), ['main'])
  both.unlock('')
  both.save()
  assert.equal(readdirSync(join(repo.stateDir, 'locked')), [])
})

test('compaction: repeating oneself writes nothing more', () => {
  const repo = place()
  const state = LockState.load(repo)
  state.lock(path('secrets/a'))
  state.lock(path('secrets/b'))
  state.lock(path('secrets'))
  state.lock(path('secrets/c'))
  state.unlock(path('other'))
  state.save()
  assert.is(readFileSync(join(repo.stateDir, 'locked/main'), 'latin1'), 'Lsecrets\0')
})

test('a linked worktree has a state of its own, which dies with it', () => {
  const repo = place('feature')
  const state = LockState.load(repo)
  state.lock('')
  state.save()
  assert.is(LockState.load(repo).isLocked(path('a')), true)
  assert.is(LockState.load({ ...repo, gitDir: repo.commonDir }).isLocked(path('a')), false)
  // Neither a copy of the repository, which has new times, nor "git worktree move" forgets it.
  const later = Date.now() / 1000 + 10
  utimesSync(join(repo.gitDir, 'commondir'), later, later)
  assert.is(LockState.load(repo).isLocked(path('a')), true)
  rmSync(repo.gitDir, { recursive: true })
  mkdirSync(repo.gitDir)
  assert.is(LockState.load(repo).isLocked(path('a')), false)
})

test('a state that can not be read locks everything', () => {
  const repo = place()
  mkdirSync(join(repo.stateDir, 'locked'), { recursive: true })
  for (const bytes of ['Lno end', 'Xwhat\0', '\0']) {
    writeFileSync(join(repo.stateDir, 'locked/main'), bytes)
    const state = LockState.load(repo)
    assert.is(state.damaged, true, bytes)
    assert.is(state.isLocked(path('a')), true, bytes)
  }
})

test('paths are bytes', () => {
  const repo = place()
  const state = LockState.load(repo)
  state.lock(path('ü\n"'))
  state.save()
  assert.is(LockState.load(repo).isLocked(path('ü\n"')), true)
})

test('any sequence of words means what a list with "last match wins" means', () => {
  const part = fc.constantFrom('a', 'b', 'ab')
  const scope = fc.array(part, { maxLength: 3 }).map((parts) => parts.join('/'))
  fc.assert(
    fc.property(fc.array(fc.tuple(scope, fc.boolean()), { maxLength: 12 }), scope, (words, asked) => {
      const state = LockState.load({
        gitDir: '/nowhere',
        commonDir: '/nowhere',
        stateDir: '/nowhere/nixsecret',
      })
      for (const [where, locked] of words) {
        if (locked) state.lock(path(where))
        else state.unlock(path(where))
      }
      const last = words.findLast(
        ([where]) => where === '' || asked === where || asked.startsWith(`${where}/`),
      )
      assert.is(state.isLocked(path(asked)), last?.[1] ?? false)
    }),
  )
})

test.run()
