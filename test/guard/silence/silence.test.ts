import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { baselineOf } from '../../../src/guard/silence/baseline.ts'
import { baselineText } from '../../../src/guard/silence/baseline-text.ts'
import type { Silenceable } from '../../../src/guard/silence/fingerprint.ts'
import { GATE_RULES } from '../../../src/guard/silence/gate-rules.ts'
import { type SilenceSources, silence } from '../../../src/guard/silence/silence.ts'
import { RULE_IDS } from '../../../src/policy/rule-ids.ts'
import { finding, oid, policyAllowing, sources } from './silence-kit.ts'

/** What silenced each finding; `kept`, or `ignored` where an allowance lies in what is pushed. */
async function fates(raised: readonly Silenceable[], from: SilenceSources): Promise<string[]> {
  const { kept, silenced } = await silence(raised, from)
  assert.is(kept.length + silenced.length, raised.length)
  return raised.map((one) => {
    const by = silenced.find((other) => other.one === one)?.by
    return by ?? (kept.find((other) => other.one === one)?.ignoredAllowance ? 'ignored' : 'kept')
  })
}

const fate = async (one: Silenceable, from: SilenceSources) => (await fates([one], from))[0]

const textFor = (...raised: Silenceable[]) => baselineText(baselineOf([raised]).baseline)

const OTHERS = RULE_IDS.filter((rule) => !GATE_RULES.has(rule))
const WHERE = ['own', 'tip', 'trusted'] as const
const REVISIONS = { own: 'C', tip: 'T', trusted: 'R' }

/** What each gate makes of an allowance of a gate rule in the finding's own commit, a tip, or on the remote's side. */
const EXPECTED = {
  here: { own: true, tip: true, trusted: true },
  range: { own: false, tip: false, trusted: true },
  receive: { own: false, tip: false, trusted: false },
} as const

for (const gate of ['here', 'range', 'receive'] as const) {
  for (const where of WHERE) {
    test(`at ${gate}, what ${where} allows`, async () => {
      const at = { gate, tips: ['T'], trusted: ['R'] }
      for (const rule of RULE_IDS) {
        const one = finding({ rule })
        const counts = !GATE_RULES.has(rule) || EXPECTED[gate][where]
        const revision = REVISIONS[where]
        const policy = { [`${revision}:nixsecret.toml`]: policyAllowing(rule) }
        assert.is(await fate(one, sources({ ...at, files: policy })), counts ? 'policy' : 'ignored', rule)
        const baseline = { [`${revision}:nixsecret-baseline.json`]: textFor(one) }
        assert.is(await fate(one, sources({ ...at, files: baseline })), counts ? 'baseline' : 'ignored', rule)
        assert.is(await fate(one, sources(at)), 'kept')
      }
    })
  }
}

test('a commit on both sides counts as the remote’s', async () => {
  const one = finding({ rule: 'private-key', commit: 'R' })
  const files = { 'R:nixsecret.toml': policyAllowing('private-key') }
  assert.is(await fate(one, sources({ gate: 'range', tips: ['R'], trusted: ['R'], files })), 'policy')
})

test('the index is asked for what is found in it', async () => {
  const files = { ':nixsecret.toml': policyAllowing('plaintext-blob') }
  const one = finding({ rule: 'plaintext-blob', commit: null })
  assert.is(await fate(one, sources({ files })), 'policy')
  assert.is(await fate(finding({ rule: 'plaintext-blob' }), sources({ files })), 'kept')
})

test('the server’s configuration counts for every rule, and at its own gate only', async () => {
  for (const rule of RULE_IDS) {
    const serverAllow = [`${rule} /a.nix`]
    assert.is(await fate(finding({ rule }), sources({ gate: 'receive', serverAllow })), 'server')
    assert.is(await fate(finding({ rule, path: 'b.nix' }), sources({ gate: 'receive', serverAllow })), 'kept')
    for (const gate of ['here', 'range'] as const)
      assert.is(await fate(finding({ rule }), sources({ gate, serverAllow })), 'kept')
  }
})

test('a configuration that is not understood refuses even where nothing was found', async () => {
  const from = sources({ gate: 'receive', serverAllow: ['*'] })
  await silence([], from).then(
    () => assert.unreachable(),
    ({ code }) => assert.is(code, 'refused'),
  )
  await silence([], { ...from, gate: 'range' })
})

const COMMENT = (rule: string) => `# nixsecret: allow ${rule}: made up\nx\ny\n`

test('a comment counts at every gate, for every rule but those that guard it', async () => {
  for (const gate of ['here', 'range', 'receive'] as const) {
    for (const rule of RULE_IDS) {
      const blobs = { [oid(1)]: COMMENT(rule) }
      const expected = GATE_RULES.has(rule) ? 'kept' : 'comment'
      assert.is(await fate(finding({ rule, line: 2 }), sources({ gate, blobs })), expected)
    }
  }
})

test('a comment is for its rule, its line, and the file that the finding is told of', async () => {
  const from = sources({ blobs: { [oid(1)]: COMMENT('credential') } })
  const rule = 'credential'
  assert.is(await fate(finding({ rule, line: 2 }), from), 'comment')
  assert.is(await fate(finding({ rule, line: 3 }), from), 'kept')
  assert.is(await fate(finding({ rule }), from), 'kept')
  assert.is(await fate(finding({ rule: 'symlink', line: 2 }), from), 'kept')
  assert.is(await fate(finding({ rule, line: 2, oid: oid(2) }), from), 'kept')
  assert.is(await fate(finding({ rule, line: 2, told: 'other' }), from), 'kept')
  assert.is(await fate(finding({ rule, line: 2, told: 'a.nix' }), from), 'comment')
})

test('in Nix, a string holds no comment', async () => {
  const blobs = { [oid(1)]: '"\n# nixsecret: allow credential: x\n"' }
  const said = { rule: 'credential', line: 2 } as const
  assert.is(await fate(finding(said), sources({ blobs })), 'kept')
  assert.is(await fate(finding({ ...said, path: 'a.sh' }), sources({ blobs })), 'comment')
  const both = [finding(said), finding({ ...said, path: 'a.sh' })]
  assert.equal(await fates(both, sources({ blobs })), ['kept', 'comment'])
})

test('a comment that came later counts, one that a tip lost does not', async () => {
  const blobs = { [oid(1)]: 'x\n', [oid(2)]: COMMENT('credential') }
  const rule = 'credential'
  const fateOf = (one: Parameters<typeof finding>[0]) => fate(finding({ rule, ...one }), sources({ blobs }))
  assert.is(await fateOf({ line: 1, later: [{ oid: oid(2), line: 2 }] }), 'comment')
  assert.is(await fateOf({ oid: oid(2), line: 2, later: [{ oid: oid(1), line: 1 }] }), 'kept')
  assert.is(
    await fateOf({
      line: 1,
      later: [
        { oid: oid(2), line: 2 },
        { oid: oid(2), line: 3 },
      ],
    }),
    'kept',
  )
  // The same version still: its own line tells, whatever else of that kind the file has.
  const still = [
    { oid: oid(2), line: 2 },
    { oid: oid(2), line: 3 },
  ]
  assert.is(await fateOf({ oid: oid(2), line: 2, later: still }), 'comment')
  assert.is(await fateOf({ oid: oid(2), line: 3, later: still }), 'kept')
})

test('a baseline is for so many of a kind, besides those that are allowed otherwise', async () => {
  const known = finding({ subject: 's', line: 5 })
  const files = { 'C:nixsecret-baseline.json': textFor(known) }
  const again = [known, finding({ subject: 's', line: 2, oid: oid(2) })]
  assert.equal(await fates([known], sources({ files })), ['baseline'])
  assert.equal(await fates(again, sources({ files })), ['kept', 'kept'])
  const blobs = { [oid(2)]: COMMENT('nix-inline-secret') }
  assert.equal(await fates(again, sources({ files, blobs })), ['baseline', 'comment'])
  // Of another kind: not counted.
  assert.equal(await fates([known, finding({ subject: 't' })], sources({ files })), ['baseline', 'kept'])
})

test('a baseline of one version is not for the next', async () => {
  const one = finding({ rule: 'private-key', subject: 'age identity' })
  const files = { 'C:nixsecret-baseline.json': textFor(one) }
  const next = finding({ rule: 'private-key', subject: 'age identity', oid: oid(2) })
  assert.equal(await fates([one, one, next], sources({ files })), ['baseline', 'baseline', 'kept'])
})

test('an allowance is held against the path that the finding is told of', async () => {
  const files = { 'C:nixsecret.toml': policyAllowing('symlink', '/told') }
  assert.is(await fate(finding({ rule: 'symlink', told: 'told' }), sources({ files })), 'policy')
  assert.is(await fate(finding({ rule: 'symlink', path: 'told', told: 'x' }), sources({ files })), 'kept')
})

test('a policy or baseline that does not parse allows nothing, and the baseline is told of', async () => {
  const files = {
    'C:nixsecret.toml': `${policyAllowing('policy')}x = 1\n`,
    'C:nixsecret-baseline.json': '{',
    'T:nixsecret-baseline.json': '{',
  }
  const one = finding({ rule: 'policy', told: 'nixsecret.toml' })
  const { kept, problems } = await silence([one, finding({ commit: 'D' })], sources({ tips: ['T'], files }))
  assert.is(kept.length, 2)
  assert.equal(problems, ['nixsecret-baseline.json is not valid JSON'])
  // One that parses counts all the same.
  const more = { ...files, 'R:nixsecret.toml': policyAllowing('policy') }
  assert.is(await fate(one, sources({ tips: ['T'], trusted: ['R'], files: more })), 'policy')
})

test('reads each file once, and none where nothing was found', async () => {
  const asked: string[] = []
  const from = sources({ tips: ['T'] })
  const read: SilenceSources['read'] = (revision, file) => {
    asked.push(`${revision}:${file}`)
    return from.read(revision, file)
  }
  const contentOf: SilenceSources['contentOf'] = async (name) => {
    asked.push(name)
    return null
  }
  await silence([], { ...from, read, contentOf })
  assert.equal(asked, [])
  const one = { rule: OTHERS[0] as (typeof OTHERS)[number], line: 1 }
  await silence([finding(one), finding({ ...one, line: 2 }), finding({ ...one, path: 'b.nix' })], {
    ...from,
    read,
    contentOf,
  })
  assert.equal(asked.sort(), [
    oid(1),
    'C:nixsecret-baseline.json',
    'C:nixsecret.toml',
    'T:nixsecret-baseline.json',
    'T:nixsecret.toml',
  ])
})

test('what cannot be looked at is no all-clear', async () => {
  const read = () => Promise.reject(new Error('gone'))
  await silence([finding()], { ...sources(), read }).then(
    () => assert.unreachable(),
    ({ message }) => assert.is(message, 'gone'),
  )
})

test.run()
