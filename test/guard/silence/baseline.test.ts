import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bytePath } from '../../../src/byte-path.ts'
import { NixsecretError } from '../../../src/errors.ts'
import { Baseline, baselineOf } from '../../../src/guard/silence/baseline.ts'
import { baselineText, parseBaseline } from '../../../src/guard/silence/baseline-text.ts'
import { fingerprintOf, keyOf } from '../../../src/guard/silence/fingerprint.ts'
import { GATE_RULES } from '../../../src/guard/silence/gate-rules.ts'
import { RULE_IDS, type RuleId } from '../../../src/policy/rule-ids.ts'
import { finding, oid } from './silence-kit.ts'

const written = (...raised: Parameters<typeof finding>[0][]) =>
  baselineText(baselineOf([raised.map((said) => finding(said))]).baseline)

function fault(text: string | Uint8Array): string {
  try {
    parseBaseline(Buffer.from(text))
  } catch (error) {
    assert.instance(error, NixsecretError)
    assert.is((error as NixsecretError).code, 'policy')
    assert.equal((error as NixsecretError).hints, ['git nixsecret check --write-baseline'])
    return (error as NixsecretError).message
  }
  throw new Error(`accepted: ${text}`)
}

test('one finding a line, sorted by bytes, and never a line number or a value', () => {
  const text = written(
    { rule: 'symlink', path: 'b', oid: oid(2) },
    { path: 'Z.nix', subject: 'services.x.password', line: 7 },
    { rule: 'private-key', path: 'b', subject: 'age identity', oid: oid(3) },
    { path: 'é', subject: 'b' },
    { path: 'é', subject: 'a' },
  )
  assert.is(
    text,
    `{
  "version": 1,
  "findings": [
    { "rule": "nix-inline-secret", "path": "Z.nix", "subject": "services.x.password", "count": 1 },
    { "rule": "private-key", "path": "b", "blob": "${oid(3)}" },
    { "rule": "symlink", "path": "b", "blob": "${oid(2)}" },
    { "rule": "nix-inline-secret", "path": "é", "subject": "a", "count": 1 },
    { "rule": "nix-inline-secret", "path": "é", "subject": "b", "count": 1 }
  ]
}
`,
  )
  assert.is(written(), '{\n  "version": 1,\n  "findings": []\n}\n')
})

test('what is within a file is known by its subject, what is about a file or guards a push by its version', () => {
  const key = (said: Parameters<typeof finding>[0]) => keyOf(fingerprintOf(finding(said)))
  const same = (a: Parameters<typeof finding>[0], b: Parameters<typeof finding>[0]) => key(a) === key(b)
  assert.ok(same({ subject: 's', oid: oid(1), line: 1 }, { subject: 's', oid: oid(2), line: 2 }))
  assert.not.ok(same({ subject: 's' }, { subject: 't' }))
  assert.not.ok(same({ subject: 's' }, { subject: 's', path: 'b.nix' }))
  assert.not.ok(same({ subject: 's' }, { subject: 's', rule: 'credential' }))
  assert.not.ok(same({ oid: oid(1) }, { oid: oid(2) }))
  assert.not.ok(same({ oid: oid(1) }, { subject: oid(1) }))
  // About a commit: that one, whatever version of a file it brings.
  const ofCommits: ReadonlySet<RuleId> = new Set<RuleId>(['new-recipient', 'unsigned'])
  for (const rule of ofCommits)
    assert.not.ok(same({ rule, subject: 'a', oid: oid(1) }, { rule, subject: 'b', oid: oid(1) }))
  for (const rule of GATE_RULES)
    if (rule !== 'policy' && !ofCommits.has(rule))
      assert.not.ok(same({ rule, subject: 's', oid: oid(1) }, { rule, subject: 's', oid: oid(2) }))
})

test('a faulty policy is known by its own version, whichever file it was told for', () => {
  const said = { rule: 'policy', told: 'nixsecret.toml', policy: oid(7) } as const
  const one = fingerprintOf(finding({ ...said, path: 'secrets/a', oid: oid(1) }))
  assert.equal(one, fingerprintOf(finding({ ...said, path: 'secrets/b', oid: oid(2) })))
  assert.is(one.path, 'nixsecret.toml')
  assert.is(one.value, oid(7))
  const { policy: _, ...missing } = said
  assert.is(fingerprintOf(finding(missing)).value, 'missing')
})

test('the gate rules are those of the threat model', () => {
  assert.equal([...GATE_RULES].sort(), [
    'new-recipient',
    'plaintext-blob',
    'policy',
    'private-key',
    'protection-dropped',
    'unfiltered-path',
    'unsigned',
  ])
})

test('counts how many one check found, not how many checks found it', () => {
  const two = [finding({ subject: 's', line: 1 }), finding({ subject: 's', line: 2 })]
  const { baseline } = baselineOf([two, [finding({ subject: 's' })], two])
  assert.equal(
    baseline.entries.map(({ count }) => count),
    [2],
  )
  const print = fingerprintOf(finding({ subject: 's' }))
  assert.ok(baseline.has(print, 1))
  assert.ok(baseline.has(print, 2))
  assert.not.ok(baseline.has(print, 3))
  assert.not.ok(baseline.has({ ...print, value: 't' }, 1))
  const whole = baselineOf([[finding()]]).baseline
  assert.ok(whole.has(fingerprintOf(finding()), 5))
})

test('holds no id of a version that is in no commit', () => {
  const only = (...raised: Parameters<typeof finding>[0][]) => {
    const { baseline, skipped } = baselineOf([raised.map((said) => finding(said))])
    return [baseline.entries.length, skipped]
  }
  assert.equal(only({ commit: null }), [0, 1])
  assert.equal(only({ commit: null }, { commit: null }), [0, 1])
  assert.equal(only({ commit: null, rule: 'private-key', subject: 'age identity' }), [0, 1])
  assert.equal(only({ commit: null, origin: 'kept' }), [1, 0])
  assert.equal(only({ commit: null, subject: 's' }), [1, 0])
  assert.equal(only({ commit: null }, { commit: 'C' }), [1, 0])
})

const ENTRY = `{ "rule": "symlink", "path": "a", "blob": "${oid(1)}" }`
const OF_SUBJECT = '{ "rule": "credential", "path": "a", "subject": "s", "count": 1 }'
const around = (...entries: string[]) => `{ "version": 1, "findings": [${entries.join(',')}] }`

test('reads what is laid out otherwise', () => {
  assert.is(parseBaseline(Buffer.from(around(OF_SUBJECT, ENTRY))).entries.length, 2)
})

const FAULTS: readonly (readonly [string, RegExp])[] = [
  ['', /is not valid JSON$/],
  ['{ "version": 1, "findings": [ AGE-SECRET-KEY-1 ] }', /^nixsecret-baseline\.json is not valid JSON$/],
  ['[]', /it must be an object/],
  ['null', /it must be an object/],
  ['{ "findings": [] }', /no "version": 1/],
  ['{ "version": 2, "findings": [] }', /no "version": 1/],
  ['{ "version": 1 }', /and nothing else/],
  ['{ "version": 1, "findings": {} }', /and nothing else/],
  ['{ "version": 1, "findings": [], "x": 1 }', /and nothing else/],
  [around('1'), /finding 1 must be an object/],
  [around(ENTRY, ENTRY), /has a finding twice/],
  [around(OF_SUBJECT, OF_SUBJECT.replace('1', '2')), /has a finding twice/],
  [around(ENTRY.replace('{', '{ "x": 1,')), /finding 1 has a key that is not known/],
  [around(ENTRY.replace('{', '{ "__proto__": 1,')), /finding 1 has a key that is not known/],
  [around(ENTRY, ENTRY.replace('symlink', 'symlinks')), /finding 2 has no "rule"/],
  [around(ENTRY.replace('"symlink"', '1')), /has no "rule"/],
  [around(ENTRY.replace('"path": "a", ', '')), /has no "path"/],
  [around(ENTRY.replace('"a"', '""')), /has no "path"/],
  [around(ENTRY.replace('"a"', '"\\ud800"')), /has no "path"/],
  [around(ENTRY.replace('"a"', '"a", "pathHex": "ff"')), /has no "path"/],
  [around(ENTRY.replace('"path": "a"', '"pathHex": "61"')), /has no "path"/],
  [around(ENTRY.replace('"path": "a"', '"pathHex": "fff"')), /has no "path"/],
  [around(ENTRY.replace('"path": "a"', '"pathHex": "FF"')), /has no "path"/],
  [around(ENTRY.replace(oid(1), oid(1).slice(1))), /no object id/],
  [around(ENTRY.replace(oid(1), oid('g'))), /no object id/],
  [around(ENTRY.replace('"blob"', '"subject": "s", "blob"')), /must have either/],
  [around(ENTRY.replace('"blob"', '"count": 1, "blob"')), /must have either/],
  [around(ENTRY.replace('"blob"', '"subject"')), /no "count"/],
  [around(OF_SUBJECT.replace('"subject": "s", ', '')), /must have either/],
  [around(OF_SUBJECT.replace(': 1', ': 0')), /no "count"/],
  [around(OF_SUBJECT.replace(': 1', ': 1.5')), /no "count"/],
  [around(OF_SUBJECT.replace(': 1', ': 1e99')), /no "count"/],
  [around(OF_SUBJECT.replace(': 1', ': "1"')), /no "count"/],
  [`{\n<<<<<<< HEAD\n=======\n>>>>>>> x\n`, /has conflict markers of a merge/],
  [' '.repeat((8 << 20) + 1), /is larger than 8388608 bytes/],
  [around(...Array.from({ length: 100_001 }, () => '1')), /more than 100000 findings/],
]

for (const [text, expected] of FAULTS) {
  test(`refuses ${JSON.stringify(text.slice(0, 120))}`, () => {
    assert.match(fault(text), expected)
  })
}

test('does not write what it would not read', () => {
  const many = Array.from({ length: 100_001 }, (_, i) => finding({ subject: String(i) }))
  assert.throws(() => baselineText(baselineOf([many]).baseline), /more than 100000 findings/)
  assert.throws(
    () => baselineText(baselineOf([[finding({ subject: 'x'.repeat(8 << 20) })]]).baseline),
    /8388608/,
  )
})

const anyFinding = fc.record({
  rule: fc.constantFrom(...RULE_IDS),
  path: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 8 }).filter((bytes) => !bytes.includes(0)),
    fc.string({ unit: 'grapheme', minLength: 1 }).map((text) => new Uint8Array(Buffer.from(text))),
  ),
  subject: fc.string({ unit: 'binary', maxLength: 8 }),
  oid: fc.constantFrom(oid(1), oid('a').slice(20) + oid(2).repeat(2).slice(0, 44)),
})

test('property: any path, even no UTF-8, and any subject comes back, and is plain to read', () => {
  fc.assert(
    fc.property(fc.array(anyFinding), (said) => {
      const { baseline } = baselineOf([said.map((one) => finding(one))])
      const text = baselineText(baseline)
      assert.equal(parseBaseline(Buffer.from(text)).entries, baseline.entries)
      assert.not.match(text.replace(/\n/g, ''), /[\p{C}\p{Zl}\p{Zp}]/u)
      assert.is(text.split('\n').length, baseline.entries.length === 0 ? 5 : baseline.entries.length + 6)
    }),
    { numRuns: 1000 },
  )
})

test('property: whatever bytes it is given, it reads a baseline or names a fault', () => {
  const mutated = fc
    .tuple(fc.nat(), fc.uint8Array({ maxLength: 4 }), fc.nat({ max: 3 }))
    .map(([at, bytes, gone]) => {
      const text = Buffer.from(around(ENTRY, OF_SUBJECT))
      const place = at % text.length
      return Buffer.concat([text.subarray(0, place), bytes, text.subarray(place + gone)])
    })
  fc.assert(
    fc.property(
      fc.oneof(
        mutated,
        fc.uint8Array(),
        fc.json().map((text) => Buffer.from(text)),
      ),
      (bytes) => {
        try {
          assert.instance(parseBaseline(bytes), Baseline)
        } catch (error) {
          assert.instance(error, NixsecretError)
        }
      },
    ),
    { numRuns: 3000 },
  )
  fault('['.repeat(4 << 20))
})

test('a path that is no UTF-8 is not taken for one that is', () => {
  const text = written({ rule: 'symlink', path: new Uint8Array([0xff, 0x61]) })
  assert.match(text, /"pathHex": "ff61"/)
  assert.is(parseBaseline(Buffer.from(text)).entries[0]?.path, bytePath(new Uint8Array([0xff, 0x61])))
})

test.run()
