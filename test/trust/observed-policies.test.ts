import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { newAgeKey } from '../../src/age/new-age-key.ts'
import { Observation, observedPolicies } from '../../src/blob/trust/seen/observed-policies.ts'
import { cpuTime } from '../support/cpu-time.ts'

const KEYS = ['alice', 'bob'].map((name) => `${name} = "${newAgeKey(new Date()).recipient}"\n`).join('')

/** A policy of many rules that give bob everything, but for one of them. */
function policy(rules: number, denied: number, comment = ''): string {
  const all = Array.from({ length: rules }, (_, i) => {
    return `[[rule]]\npaths = ["*a${i}*"]\nto = ["alice"${i === denied ? '' : ', "bob"'}]\n`
  })
  return `version = 1\n${comment}[recipients]\n${KEYS}[default]\nto = ["alice"]\n${all.join('')}`
}

test('policies that each take something else away: so many are kept, then nothing is accepted', () => {
  let kept: readonly string[] = [policy(20, -1)]
  const sizes = Array.from({ length: 17 }, (_, i) => {
    kept = observedPolicies(kept, policy(20, i))
    return kept.length
  })
  assert.equal(sizes, [...Array.from({ length: 16 }, (_, i) => i + 1), 0])
  const large = (i: number) => policy(3, i, `# ${'x'.repeat(720_000)}\n`)
  const two = observedPolicies([large(0)], large(1))
  assert.is(two.length, 2)
  assert.is(observedPolicies(two, policy(3, 2)).length, 3)
  assert.is(observedPolicies(two, large(2)).length, 0)
})

test('however many large policies are pushed, looking at them is bounded as a whole, and then gives nothing', () => {
  const before = cpuTime()
  const seen = new Observation()
  let kept: readonly string[] = [policy(700, -1)]
  for (let i = 0; i < 40 && !seen.spent; i++) kept = observedPolicies(kept, policy(700, i), seen)
  assert.ok(seen.spent)
  assert.equal(observedPolicies(kept, policy(3, 1), seen), [])
  assert.ok(cpuTime() - before < 15_000)
})

test.run()
