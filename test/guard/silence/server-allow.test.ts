import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { textPath } from '../../../src/byte-path.ts'
import { NixsecretError } from '../../../src/errors.ts'
import { parseServerAllow } from '../../../src/guard/silence/server-allow.ts'
import { allows } from '../../../src/policy/allows.ts'

const is = (value: string, path: string) => allows(parseServerAllow([value]), 'private-key', textPath(path))

test('a rule, a space, a pattern, and a reason behind a sign', () => {
  assert.ok(is('private-key /test/*.key', 'test/a.key'))
  assert.not.ok(is('private-key /test/*.key', 'a.key'))
  assert.not.ok(is('credential /test/*.key', 'test/a.key'))
  assert.ok(is('private-key  a b # made up # for tests ', 'a b'))
  assert.not.ok(is('private-key a b # made up', 'a b # made up'))
  assert.ok(is('\tprivate-key\ta#b\t', 'a#b'))
  assert.equal(parseServerAllow([]), [])
})

test('each value is one allowance', () => {
  const all = parseServerAllow(['private-key a', 'symlink b'])
  assert.ok(allows(all, 'symlink', textPath('b')))
  assert.not.ok(allows(all, 'symlink', textPath('a')))
})

for (const [value, why] of [
  ['', 'write RULE PATTERN, as in "private-key /test/*.key"'],
  ['private-key', 'write RULE PATTERN, as in "private-key /test/*.key"'],
  ['private-key # made up', 'write RULE PATTERN, as in "private-key /test/*.key"'],
  ['private-key a\nb', 'write RULE PATTERN, as in "private-key /test/*.key"'],
  ['privat-key a', 'unknown rule "privat-key"; did you mean "private-key"?'],
  ['private-key a/', 'pattern "a/": a "/" at the end never matches a file; write "a/**"'],
  ['private-key !a', 'pattern "!a": a pattern cannot exclude; put a rule with its own "to" before this one'],
] as const) {
  test(`refuses ${JSON.stringify(value)}, for the administrator to mend`, () => {
    assert.throws(
      () => parseServerAllow(['symlink a', value]),
      (error: unknown) => {
        assert.instance(error, NixsecretError)
        const { code, message, hints } = error as NixsecretError
        assert.is(code, 'refused')
        const shown = value === '' ? '""' : value.includes('\n') ? '"private-key a\\nb"' : `"${value}"`
        assert.is(message, `git config nixsecret.allow = ${shown}: ${why}`)
        return hints.includes('git config --show-origin --get-all nixsecret.allow')
      },
    )
  })
}

test.run()
