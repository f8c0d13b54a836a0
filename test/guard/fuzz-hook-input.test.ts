import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NixsecretError } from '../../src/errors.ts'
import { type CheckResult, hasErrors } from '../../src/guard/finding.ts'
import { checkPrePush } from '../../src/guard/pre-push.ts'
import { checkPreReceive } from '../../src/guard/pre-receive.ts'
import { parsePrePush } from '../../src/guard/pushed-refs.ts'
import { parseReceived } from '../../src/guard/received-refs.ts'
import { cases, FUZZ, seeded } from './fuzz-cases.ts'
import { readByHand, type SaidRef, someHookInput } from './fuzz-hook-lines.ts'
import { assertPrintable } from './fuzz-printable.ts'
import { GuardRepo, sealed } from './guard-repo.ts'

const test = suite('fuzz hook input')
const HOOKS = ['pre-push', 'pre-receive'] as const
const ZEROS = '0'.repeat(40)
const UNKNOWN = 'f'.repeat(40)
const PURE = 2500
const PUSHES = 150
/** Pushes that are tried of each outcome: most of what is made is of the dull two. */
const OF_EACH = 18

const anyOid = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(ZEROS, 'a1'.repeat(20), 'b2'.repeat(32), '0'.repeat(64)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', 'A1'.repeat(20), 'a'.repeat(39), 'a'.repeat(41), 'g'.repeat(40)),
  },
)

for (const hook of HOOKS)
  test(`${hook}: every line is understood, or all of it is refused`, () => {
    let understood = 0
    fc.assert(
      fc.property(someHookInput(anyOid, hook), (input) => {
        const expected = readByHand(input, hook)
        if (expected !== null) understood++
        assert.equal(read(hook, input), expected)
      }),
      { ...FUZZ, numRuns: PURE },
    )
    assert.ok(understood > PURE / 5 && understood < (PURE * 4) / 5, seeded(`understood: ${understood}`))
  })

function read(hook: (typeof HOOKS)[number], input: string): SaidRef[] | null {
  const bytes = Buffer.from(input, 'latin1')
  try {
    if (hook === 'pre-receive') return parseReceived(bytes).map(({ newOid, oldOid }) => ({ newOid, oldOid }))
    return parsePrePush(bytes).map(({ localOid, remoteOid }) => ({ newOid: localOid, oldOid: remoteOid }))
  } catch (error) {
    assertFault(error, ['refused'])
    return null
  }
}

function assertFault(error: unknown, codes: readonly string[]): void {
  assert.instance(error, NixsecretError, seeded(String(error)))
  const { code, message } = error as NixsecretError
  assert.ok(codes.includes(code), seeded(`${code}: ${message.slice(0, 200)}`))
  assert.ok(message.length < 4_000, seeded(`${message.length} characters: ${message.slice(0, 200)}`))
  assertPrintable(message, 'line', seeded(message.slice(0, 200)))
}

/** Objects to push, each with the commits or files that make a push of it a leak. */
async function history(repo: GuardRepo) {
  const base = await repo.begin()
  const bad = repo.commit({ 'secrets/b': 'hunter2' })
  const fixed = repo.commit({ 'secrets/b': await sealed('b') })
  const good = repo.commit({ 'secrets/b': null, 'secrets/c': await sealed('c') }, [base])
  const tag = (name: string, of: string) => {
    repo.git(['tag', '-a', '-m', 'x', name, of])
    const oid = repo.git(['rev-parse', `refs/tags/${name}`])
    repo.git(['tag', '-d', name])
    return oid
  }
  const leaks = new Map<string, ReadonlySet<string>>([
    [ZEROS, new Set()],
    [base, new Set()],
    [good, new Set()],
    [bad, new Set([bad, 'tip'])],
    [fixed, new Set([bad])],
    [tag('good', good), new Set()],
    [tag('bad', bad), new Set([bad, 'tip'])],
    [tag('of-tag', tag('of', fixed)), new Set([bad])],
    [repo.git(['rev-parse', `${good}^{tree}`]), new Set()],
    [repo.git(['rev-parse', `${bad}^{tree}`]), new Set(['tip'])],
    [repo.blob('hunter2'), new Set(['tip'])],
    [repo.blob(await sealed('x')), new Set()],
  ])
  repo.git(['update-ref', 'refs/heads/main', base])
  return leaks
}

/** Whether a push of these refs leaks, from what is known of the few objects; null where one of them is not here. */
function leaking(refs: readonly SaidRef[], leaks: ReadonlyMap<string, ReadonlySet<string>>, told: boolean) {
  const brings = refs.filter(({ newOid }) => !/^0+$/.test(newOid))
  if (brings.some(({ newOid }) => !leaks.has(newOid))) return null
  // A pre-push hook is told what the remote has, but where that is not here, it may be anything.
  const had = told ? brings.map(({ oldOid }) => oldOid).filter((oid) => !/^0+$/.test(oid)) : []
  const known = had.every((oid) => leaks.has(oid)) ? had.flatMap((oid) => [...(leaks.get(oid) ?? [])]) : []
  const all = brings.flatMap(({ newOid }) => [...(leaks.get(newOid) ?? [])])
  return all.some((one) => one === 'tip' || !known.includes(one))
}

for (const hook of HOOKS)
  test(`${hook}: no push passes that one of its refs should stop`, async () => {
    const repo = new GuardRepo()
    const leaks = await history(repo)
    const opened = await repo.open()
    const clean = [...leaks].flatMap(([oid, what]) => (what.size === 0 ? [oid] : []))
    const oid = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...clean) },
      { weight: 2, arbitrary: fc.constantFrom(...leaks.keys()) },
      { weight: 1, arbitrary: fc.constantFrom(UNKNOWN, ZEROS, '0'.repeat(64), 'e'.repeat(64)) },
    )
    const seen = new Map<string, number>()
    for (const input of cases(someHookInput(oid, hook), PUSHES)) {
      const refs = readByHand(input, hook)
      const leak = refs === null ? null : leaking(refs, leaks, hook === 'pre-push')
      const expected = refs === null ? 'refused' : leak === null ? 'missing' : leak ? 'stopped' : 'passed'
      if ((seen.get(expected) ?? 0) >= OF_EACH) continue
      const bytes = Buffer.from(input, 'latin1')
      const outcome = await outcomeOf(() =>
        hook === 'pre-push'
          ? checkPrePush(opened, bytes, '../elsewhere', '../elsewhere', repo.options)
          : checkPreReceive(opened, bytes, repo.options),
      )
      assert.is(outcome, expected, seeded(JSON.stringify(input.slice(0, 3000))))
      seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
    }
    assert.is(seen.size, 4, seeded(JSON.stringify([...seen])))
    repo.box.remove()
  })

async function outcomeOf(check: () => Promise<CheckResult>): Promise<string> {
  try {
    return hasErrors(await check()) ? 'stopped' : 'passed'
  } catch (error) {
    assertFault(error, ['refused', 'missing'])
    return (error as NixsecretError).code
  }
}

test('the program: what it cannot read is a fault, however large', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const line = `${ZEROS} ${base} refs/heads/x\n`
  const push = `refs/heads/x ${base} refs/heads/x ${ZEROS}\n`
  const both = (text: string) => [text, text] as const
  for (const [code, inputs] of [
    [0, [line.repeat(2000), push.repeat(2000)]],
    [2, both('\0')],
    [2, both('\r\n')],
    [2, both(`${'x'.repeat(1 << 20)}\n`)],
    [2, both(`${'\xff\x1b[2J '.repeat(1 << 18)}\n`)],
    [2, [line.repeat(400_000), push.repeat(400_000)]],
    [2, [`${line}${line.slice(1)}`, `${push}${push.slice(0, -2)}`]],
  ] as const)
    for (const [i, name] of (['pre-receive', 'pre-push'] as const).entries()) {
      const input = Buffer.from(inputs[i] as string, 'latin1')
      const args = ['nixsecret', 'hook', name, ...(name === 'pre-push' ? ['x', '../x'] : [])]
      const done = await repo.box.run('git', args, { cwd: repo.dir, input })
      const about = `${name} ${JSON.stringify((inputs[i] as string).slice(0, 80))}: ${done.stderr.slice(0, 500)}`
      assert.is(done.code, code, about)
      assert.ok(done.stderr.length < 4_000, about)
      assertPrintable(done.stderr, 'lines', about)
    }
  repo.box.remove()
})

test.run()
