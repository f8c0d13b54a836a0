import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Accepted } from '../../src/blob/trust/accepted.ts'
import { pendingHere } from '../../src/blob/trust/pending.ts'
import { withPresent } from '../../src/blob/trust/present.ts'
import { whoMade } from '../../src/blob/trust/who-made.ts'
import { GuardRepo, policyText } from '../guard/guard-repo.ts'
import { asUser } from '../support/accept.ts'

const BOTH = policyText(['alice', 'web'])

/** The commits that gave something that is in no policy accepted. */
async function madeBy(repo: GuardRepo, at: string): Promise<string[]> {
  return asUser(repo.box, repo.dir, async () =>
    withPresent(await repo.open(), async (present) => {
      const state = { at, policies: [policyText()], paths: new Map(), sets: new Map() }
      const attributes = new Map([...present.attributes].map(([f, l]) => [f, l.map(({ line }) => line)]))
      const accepted = await Accepted.of({ state: { ...state, attributes }, problem: null })
      const { gains } = await pendingHere(present, accepted)
      const made = await whoMade(present, accepted, gains)
      return gains.flatMap((gain) => made.get(gain)?.commits.map(({ oid }) => oid) ?? [])
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
