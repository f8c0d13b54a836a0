import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { policyFrom } from '../../src/blob/policy-from.ts'
import { Accepted } from '../../src/blob/trust/accepted.ts'
import { describeMade } from '../../src/blob/trust/history/describe-made.ts'
import { mergeGains } from '../../src/blob/trust/history/own-gains.ts'
import { whoMade } from '../../src/blob/trust/history/who-made.ts'
import { pendingHere } from '../../src/blob/trust/pending.ts'
import { withPresent } from '../../src/blob/trust/present.ts'
import { PatternRelations } from '../../src/policy/relate-patterns.ts'
import { GuardRepo, policyText } from '../guard/guard-repo.ts'
import { asUser } from '../support/accept.ts'

const BOTH = policyText(['alice', 'web'])

/** The commits that gave something that is in no policy accepted. */
async function madeBy(repo: GuardRepo, at: string): Promise<string[]> {
  return (await made(repo, at)).flatMap(({ commits }) => commits.map(({ oid }) => oid))
}

async function made(repo: GuardRepo, at: string, relations?: PatternRelations) {
  return asUser(repo.box, repo.dir, async () =>
    withPresent(await repo.open(), async (present) => {
      const state = { at, policies: [policyText()], paths: new Map(), sets: new Map() }
      const attributes = new Map([...present.attributes].map(([f, l]) => [f, l.map(({ line }) => line)]))
      const accepted = await Accepted.of({ state: { ...state, attributes }, problem: null })
      const { gains } = await pendingHere(present, accepted)
      const found = await whoMade(present, accepted, gains, relations)
      return gains.flatMap((gain) => found.get(gain) ?? [])
    }),
  )
}

test('a merge that brings back what was taken away is the one that is named', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const given = repo.commit({ 'nixsecret.toml': BOTH })
  assert.equal(await madeBy(repo, base), [given])
  repo.switchTo('old', given)
  const old = repo.commit({ README: 'x' })
  repo.switchTo('main', given)
  const taken = repo.commit({ 'nixsecret.toml': policyText() })
  const back = repo.commit({ 'nixsecret.toml': BOTH }, [taken, old])
  assert.equal(await madeBy(repo, taken), [back])
  // One that takes over what the other side gave meanwhile has no say in it.
  repo.switchTo('side', taken)
  const side = repo.commit({ 'nixsecret.toml': BOTH })
  repo.switchTo('main', taken)
  const other = repo.commit({ README: 'y' })
  repo.commit({ 'nixsecret.toml': BOTH }, [other, side])
  assert.equal(await madeBy(repo, taken), [side])
})

test('what all commits are compared by is bounded together, and what is beyond it is told', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const rule = (i: number) => `[[rule]]\npaths = ["*${i}*a", "*${i}*b"]\nto = ["alice", "web"]\n`
  const rules = (i: number) => [0, 1, 2].map((j) => rule(i * 3 + j)).join('')
  const given = repo.commit({ 'nixsecret.toml': BOTH })
  for (let i = 0; i < 8; i++) repo.commit({ 'nixsecret.toml': `${BOTH}${rules(i)}` })
  const whole = new PatternRelations(5_000_000)
  const web = (await made(repo, base, whole)).map(({ cut, commits }) => [cut, commits.map(({ oid }) => oid)])
  assert.equal(web, [[false, [given]]])
  // Enough for some of them: nobody is named wrongly, and nobody says that nobody did it.
  const few = new PatternRelations(30_000)
  const [one] = await made(repo, base, few)
  assert.ok(few.spent)
  assert.equal(one, { commits: [], more: 0, uncommitted: false, cut: true })
  assert.match(describeMade(one).join(' '), /not all commits were looked at/)
  // Nor that it is not committed.
  const [none] = await made(repo, base, new PatternRelations(0))
  assert.equal(none, { commits: [], more: 0, uncommitted: false, cut: true })
})

test('what is not known any more of one side of a merge excuses nothing on the other', () => {
  const sideOf = (to: readonly string[]) => ({ policy: policyFrom(policyText(to)), attributes: new Map() })
  const [before, after] = [sideOf(['alice']), sideOf(['alice', 'web'])]
  const parents = [
    { side: before, bases: [before] },
    { side: after, bases: [before] },
  ]
  const gains = (relations: PatternRelations) => mergeGains(parents, after, { paths: [], relations }).length
  assert.is(gains(new PatternRelations()), 0)
  assert.ok(gains(new PatternRelations(0)) > 0)
})

test('the history of very many files of attributes ends soon', async () => {
  const repo = new GuardRepo()
  const data = (text: string) => `data ${Buffer.byteLength(text)}\n${text}\n`
  const at = (time: number) => `commit refs/heads/main\ncommitter a <a@b> ${time} +0000\n${data('x')}`
  const file = (path: string, text: string) => `M 100644 inline ${path}\n${data(text)}`
  const many = Array.from({ length: 300 }, (_, i) => file(`d${i}/.gitattributes`, 'x filter=nixsecret\n'))
  const commits = Array.from({ length: 1500 }, (_, i) => `${at(i + 2)}${file('README', `${i}`)}`)
  const begin = `${at(1)}${file('nixsecret.toml', policyText())}${many.join('')}`
  const evil = `${at(9999)}${file('nixsecret.toml', BOTH)}`
  repo.git(['fast-import', '--quiet'], { input: `${begin}${commits.join('')}${evil}` })
  repo.switchTo('main', repo.git(['rev-parse', 'main']))
  assert.equal(await madeBy(repo, repo.git(['rev-parse', 'main~2'])), [repo.git(['rev-parse', 'main'])])
})

test.run()
