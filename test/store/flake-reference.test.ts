import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { flakeReference, withReference } from '../../src/store/flake-reference.ts'
import { sourceName } from '../../src/store/store-path.ts'

const test = suite('store/flake-reference')

test('a path where it can be one, else a URL', () => {
  assert.is(flakeReference('/r/.git/t', ''), '/r/.git/t')
  assert.is(flakeReference('/r/.git/t', 'a b/c/'), '/r/.git/t/a b/c')
  assert.is(flakeReference('/r #1/t', ''), 'git+file:///r%20%231/t')
  assert.is(flakeReference('/r%?/t', 'a/b c/'), 'git+file:///r%25%3F/t?dir=a%2Fb%20c')
})

test('in arguments', () => {
  assert.is(withReference('.#x', '/t', ''), null)
  assert.is(withReference('@sealed@#x', '/t', 'sub/'), '/t/sub#x')
  assert.is(withReference('@sealed@#x', '/t#', 'sub/'), 'git+file:///t%23?dir=sub#x')
  assert.is(withReference('path:@sealed@', '/t #', ''), 'path:/t%20%23')
  assert.is(withReference('git+file://@sealed@?ref=x', '/t', ''), 'git+file:///t?ref=x')
  assert.is(withReference('--arg=@sealed@/a.nix', '/t#', 'sub/'), '--arg=/t#/sub/a.nix')
  assert.is(withReference('@sealed@ and @sealed@', '/t', ''), '/t and /t')
})

test('the name of a source in the store, as Nix makes it', () => {
  // nix-store --print-fixed-path --recursive sha256 … source, by Nix 2.8 with /nix/store
  const hash = Buffer.from('dq6sOd1soYajK0vvqtNzEGqnK83WZfe2h12l7lk0qks=', 'base64')
  assert.is(sourceName('/nix/store', hash), 'dkg0clfi661hz98qxqafikz8qfhpwdkq-source')
})

test.run()
