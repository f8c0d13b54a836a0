import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { textPath } from '../../src/byte-path.ts'
import { NixsecretError } from '../../src/errors.ts'
import { allows } from '../../src/policy/allows.ts'
import { addRecipient, removeRecipient } from '../../src/policy/edit-policy.ts'
import { parsePolicy } from '../../src/policy/parse-policy.ts'
import { RULE_IDS } from '../../src/policy/rule-ids.ts'

const HEAD = `version = 1
[recipients]
alice = "age1a"
bob = "age1b"
`
// The lines of what follows HEAD begin at 5.

const ALLOWANCE = `[[check.allow]]
rule = "nix-inline-secret"
paths = ["/tests/**", "*.example.nix"]
reason = "made up"
`

const read = (text: string) => parsePolicy(HEAD + text, 'nixsecret.toml')

function fault(text: string): NixsecretError {
  try {
    read(text)
  } catch (error) {
    assert.instance(error, NixsecretError)
    return error as NixsecretError
  }
  throw new Error(`accepted: ${text}`)
}

test('a policy without allowances has none', () => {
  assert.equal(read('').allow, [])
  assert.equal(read('[check]\n').allow, [])
})

test('an allowance is for its rules at its paths', () => {
  const { allow } = read(
    `${ALLOWANCE}[[check.allow]]\nrule = ["symlink", "credential"]\npaths = ["/a"]\nreason = "x"\n`,
  )
  assert.equal(
    allow.map(({ rules, paths, reason }) => ({ rules, paths, reason })),
    [
      { rules: ['nix-inline-secret'], paths: ['/tests/**', '*.example.nix'], reason: 'made up' },
      { rules: ['symlink', 'credential'], paths: ['/a'], reason: 'x' },
    ],
  )
  const is = (rule: (typeof RULE_IDS)[number], path: string) => allows(allow, rule, textPath(path))
  assert.ok(is('nix-inline-secret', 'tests/a/b.nix'))
  assert.ok(is('nix-inline-secret', 'x/y.example.nix'))
  assert.ok(is('symlink', 'a'))
  assert.ok(is('credential', 'a'))
  assert.not.ok(is('nix-inline-secret', 'a'))
  assert.not.ok(is('credential', 'tests/a/b.nix'))
  assert.not.ok(is('symlink', 'x/a'))
  assert.not.ok(is('no-digest', 'a'))
})

test('every rule can be named', () => {
  for (const rule of RULE_IDS) {
    const { allow } = read(`[[check.allow]]\nrule = "${rule}"\npaths = ["a"]\nreason = "x"\n`)
    assert.ok(allows(allow, rule, textPath('a')))
  }
})

const FAULTS: readonly (readonly [string, string, string])[] = [
  ['check as text', 'check = "x"', ':1: "check" must be a table; write [[check.allow]]'],
  [
    'unknown key of check',
    '[check]\nallows = []\n',
    ':6: unknown key "allows" in [check]; did you mean "allow"?',
  ],
  [
    'single brackets',
    '[check.allow]\nrule = "symlink"\n',
    ':5: an allowance begins with two brackets; write [[check.allow]]',
  ],
  [
    'unknown key',
    ALLOWANCE.replace('paths', 'path'),
    ':7: unknown key "path" in allowance 1; did you mean "paths"?',
  ],
  [
    'no rule',
    ALLOWANCE.replace(/rule.*\n/, ''),
    ':5: allowance 1 has no "rule"; write rule = "nix-inline-secret"',
  ],
  [
    'mistyped rule, second allowance',
    ALLOWANCE + ALLOWANCE.replace('inline', 'inlin'),
    ':10: allowance 2: unknown rule "nix-inlin-secret"; did you mean "nix-inline-secret"?',
  ],
  [
    'mistyped rule in a list',
    ALLOWANCE.replace('"nix-inline-secret"', '[\n"symlink",\n"symlinks"]'),
    ':8: allowance 1: unknown rule "symlinks"; did you mean "symlink"?',
  ],
  [
    'rule unlike any',
    ALLOWANCE.replace('nix-inline-secret', '*'),
    `:6: allowance 1: unknown rule "*"; known: ${RULE_IDS.join(', ')}`,
  ],
  [
    'rule as number',
    ALLOWANCE.replace('"nix-inline-secret"', '1'),
    ':6: "rule" of allowance 1 must be a list of texts; write ["…", "…"]',
  ],
  ['no rules', ALLOWANCE.replace('"nix-inline-secret"', '[]'), ':6: "rule" of allowance 1 is empty'],
  [
    'a rule twice',
    ALLOWANCE.replace('"nix-inline-secret"', '["symlink", "symlink"]'),
    ':6: duplicate name "symlink" in "rule" of allowance 1',
  ],
  [
    'no paths',
    ALLOWANCE.replace(/paths.*\n/, ''),
    ':5: allowance 1 has no "paths"; write paths = ["/modules/test.nix"]',
  ],
  ['empty paths', ALLOWANCE.replace(/paths.*\n/, 'paths = []\n'), ':7: "paths" of allowance 1 is empty'],
  [
    'unsound pattern',
    ALLOWANCE.replace('"*.example.nix"', '\n"tests/"'),
    ':8: allowance 1: pattern "tests/": a "/" at the end never matches a file; write "tests/**"',
  ],
  [
    'no reason',
    ALLOWANCE.replace(/reason.*\n/, ''),
    ':5: allowance 1 has no "reason"; write reason = "why it may stay"',
  ],
  [
    'blank reason',
    ALLOWANCE.replace('made up', ' \\t'),
    ':8: "reason" of allowance 1 must be a text, not empty; write reason = "why it may stay"',
  ],
  [
    'reason that is no text',
    ALLOWANCE.replace('"made up"', 'true'),
    ':8: "reason" of allowance 1 must be a text, not empty; write reason = "why it may stay"',
  ],
]

for (const [name, text, expected] of FAULTS) {
  test(`says file, line and what to write: ${name}`, () => {
    const whole =
      name === 'check as text' ? () => parsePolicy(`${text}\nversion = 1\n`, 'nixsecret.toml') : null
    const error = whole === null ? fault(text) : caught(whole)
    assert.is(error.message, `nixsecret.toml${expected}`)
    assert.is(error.code, 'policy')
  })
}

function caught(action: () => unknown): NixsecretError {
  try {
    action()
  } catch (error) {
    return error as NixsecretError
  }
  throw new Error('accepted')
}

test('recipients come and go beside allowances, which stay as they are', () => {
  const text = `${HEAD}\n# allowed\n${ALLOWANCE}# between\n\n[groups]\nall = ["alice", "bob"]\n\n${ALLOWANCE}`
  const added = addRecipient(text, 'carol', 'age1c', { groups: ['all'] })
  assert.is(
    added,
    text
      .replace('"age1b"\n', '"age1b"\ncarol = "age1c"\n')
      .replace('"alice", "bob"]', '"alice", "bob", "carol"]'),
  )
  assert.is(removeRecipient(added, 'carol'), text)
  assert.is(parsePolicy(removeRecipient(text, 'bob'), 'x').allow.length, 2)
})

test.run()
