import { chmodSync, chownSync, mkdirSync, renameSync, symlinkSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ownersStateHome } from '../../src/store/owners-state-home.ts'
import { Sandbox } from '../support/sandbox.ts'

test('a state directory counts where nobody but its owner and root can put another in its place', () => {
  const box = new Sandbox('state-home')
  const me = process.getuid?.() ?? 0
  const home = box.path('a/state')
  mkdirSync(`${home}/git-nixsecret`, { recursive: true, mode: 0o700 })
  chmodSync(box.path('a'), 0o755)
  assert.is(ownersStateHome(me, home), home)
  assert.is(ownersStateHome(me + 1, home), null)
  for (const [path, mode, back] of [
    ['a', 0o777, 0o755],
    ['a/state', 0o775, 0o755],
    ['a/state/git-nixsecret', 0o777, 0o700],
  ] as const) {
    chmodSync(box.path(path), mode)
    assert.is(ownersStateHome(me, home), null, path)
    chmodSync(box.path(path), back)
  }
  for (const odd of [undefined, '', 'state', `${home}\n`, box.path('nowhere'), `${home}/git-nixsecret`])
    assert.is(ownersStateHome(me, odd), null, String(odd))
  // Through links it is what they lead to.
  symlinkSync(home, box.path('link'))
  assert.is(ownersStateHome(me, box.path('link')), home)
  renameSync(`${home}/git-nixsecret`, box.path('elsewhere'))
  symlinkSync(box.path('elsewhere'), `${home}/git-nixsecret`)
  assert.is(ownersStateHome(me, home), null)
  if (me !== 0) return
  // Root's own is not the owner's; the owner's is.
  const theirs = box.path('theirs')
  mkdirSync(`${theirs}/git-nixsecret`, { recursive: true, mode: 0o700 })
  chownSync(`${theirs}/git-nixsecret`, 12345, 12345)
  assert.is(ownersStateHome(12345, theirs), theirs)
  assert.is(ownersStateHome(0, theirs), null)
  // Below a directory of somebody else's they could put another there.
  chownSync(theirs, 54321, 54321)
  assert.is(ownersStateHome(12345, theirs), null)
})

test.run()
