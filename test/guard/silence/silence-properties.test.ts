import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { NixsecretError } from '../../../src/errors.ts'
import { baselineOf } from '../../../src/guard/silence/baseline.ts'
import { baselineText } from '../../../src/guard/silence/baseline-text.ts'
import type { Silenceable } from '../../../src/guard/silence/fingerprint.ts'
import { GATE_RULES } from '../../../src/guard/silence/gate-rules.ts'
import { silence } from '../../../src/guard/silence/silence.ts'
import { RULE_IDS } from '../../../src/policy/rule-ids.ts'
import { finding, oid, policyAllowing, sources } from './silence-kit.ts'

const REVISIONS = ['', 'C', 'D', 'T', 'R']

const someFinding = fc
  .record(
    {
      rule: fc.constantFrom(...RULE_IDS),
      path: fc.constantFrom('a', 'a.nix', 'b/c.nix', 'nixsecret.toml'),
      told: fc.constantFrom('a.nix', 'nixsecret.toml'),
      subject: fc.constantFrom('s', 't'),
      line: fc.integer({ min: 1, max: 3 }),
      commit: fc.constantFrom(null, 'C', 'D', 'R'),
      oid: fc.constantFrom(oid(1), oid(2)),
      policy: fc.constantFrom(oid(3), oid(4)),
      later: fc.array(
        fc.record({ oid: fc.constantFrom(oid(1), oid(2)), line: fc.integer({ min: 1, max: 3 }) }),
      ),
    },
    { requiredKeys: ['rule'] },
  )
  .map((said) => finding(said))

const somePolicy = fc.oneof(
  fc.constantFrom(...RULE_IDS).map((rule) => policyAllowing(rule)),
  fc.constant(
    RULE_IDS.map((rule) => policyAllowing(rule).replace(/^version.*\n/, '')).reduce(
      (a, b) => a + b,
      'version = 1\n',
    ),
  ),
  fc.string(),
)
const someBaseline = fc.oneof(
  fc.array(someFinding, { maxLength: 20 }).map((raised) => baselineText(baselineOf([raised]).baseline)),
  fc.string(),
  fc.json(),
)
const someText = fc
  .array(
    fc.oneof(
      fc.constantFrom(...RULE_IDS).map((rule) => `# nixsecret: allow ${rule}: why`),
      fc.string(),
    ),
  )
  .map((lines) => lines.join('\n'))

const someFiles = fc.record(
  Object.fromEntries(
    REVISIONS.flatMap((revision) => [
      [`${revision}:nixsecret.toml`, somePolicy],
      [`${revision}:nixsecret-baseline.json`, someBaseline],
    ]),
  ),
  { requiredKeys: [] },
)

const someCase = fc.record({
  raised: fc.array(someFinding, { maxLength: 12 }),
  gate: fc.constantFrom('here' as const, 'range' as const, 'receive' as const),
  tips: fc.subarray(['', 'T', 'D']),
  trusted: fc.subarray(['R']),
  files: someFiles,
  blobs: fc.record({ [oid(1)]: someText, [oid(2)]: someText }, { requiredKeys: [] }),
})

const said = (list: readonly { readonly one: Silenceable }[]) => list.map(({ one }) => one)

test('property: whatever lies in what is pushed, it silences no rule that guards the push', async () => {
  let ignored = 0
  await fc.assert(
    fc.asyncProperty(someCase, async ({ files, blobs, ...others }) => {
      const rest = { ...others, blobs: blobs as Record<string, string> }
      const bare = Object.fromEntries(Object.entries(files).filter(([name]) => name.startsWith('R:')))
      const all = await silence(rest.raised, sources({ ...rest, files: files as Record<string, string> }))
      // Nothing but what the remote has.
      const remote = await silence(rest.raised, sources({ ...rest, files: bare as Record<string, string> }))
      assert.is(all.kept.length + all.silenced.length, rest.raised.length)
      assert.equal(new Set([...said(all.kept), ...said(all.silenced)]), new Set(rest.raised))
      for (const { one, by } of all.silenced) if (GATE_RULES.has(one.rule)) assert.is.not(by, 'comment')
      if (rest.gate === 'here') return
      const guarded = (list: readonly { readonly one: Silenceable }[]) =>
        said(list).filter(({ rule, entry }) => GATE_RULES.has(rule) && entry.commit !== 'R')
      assert.equal(guarded(all.silenced), guarded(remote.silenced))
      if (rest.gate === 'receive' || rest.trusted.length === 0) assert.is(guarded(all.silenced).length, 0)
      ignored += all.kept.filter(({ ignoredAllowance }) => ignoredAllowance).length
    }),
    { numRuns: 1000 },
  )
  assert.ok(ignored > 100, 'the cases try nothing')
})

test('property: whatever the server’s configuration says, it is understood or refused', async () => {
  const value = fc.oneof(
    fc.string(),
    fc
      .tuple(fc.constantFrom(...RULE_IDS, 'x'), fc.string(), fc.constantFrom('', ' # why'))
      .map((parts) => parts.join(' ')),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(value, { maxLength: 3 }), async (serverAllow) => {
      try {
        await silence([finding()], sources({ gate: 'receive', serverAllow }))
      } catch (error) {
        assert.instance(error, NixsecretError)
        assert.is((error as NixsecretError).code, 'refused')
      }
    }),
    { numRuns: 1000 },
  )
})

test.run()
