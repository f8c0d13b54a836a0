import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { saveTrust } from '../../src/blob/trust/trust-state.ts'
import { checkAll, checkRange } from '../../src/guard/check.ts'
import { Inspection } from '../../src/guard/inspection.ts'
import { Judge } from '../../src/guard/judge.ts'
import { checkPrePush } from '../../src/guard/pre-push.ts'
import { commitEntries } from '../../src/guard/sources/commit-entries.ts'
import { PatternRelations } from '../../src/policy/relate-patterns.ts'
import { asUser } from '../support/accept.ts'
import { ALICE, ATTRIBUTES, brief, GuardRepo, policyText, sealed, WEB } from './guard-repo.ts'

const EVE = 'age1mqremgtqygrxq9fhey7g7n6av32uggktwvq9hge6sjdpu9h49sus30y8mr'

async function found(repo: GuardRepo, range: string, names: Record<string, string> = {}) {
  const result = await checkRange(await repo.open(), range, repo.options)
  const findings = result.findings.filter(({ rule }) => rule === 'new-recipient')
  return {
    findings,
    said: findings.map(({ message }) => message),
    brief: brief({ ...result, findings }, names),
  }
}

test('policies of all commits are bounded together, and what is beyond is told', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  const rule = (i: number) => `[[rule]]\npaths = ["*${i}*a", "*${i}*b"]\nto = ["alice"]\n`
  const text = (i: number) => `${policyText()}${[0, 1, 2].map((j) => rule(i * 3 + j)).join('')}`
  for (let i = 0; i < 8; i++) repo.commit({ 'nixsecret.toml': text(i) })
  const given = repo.commit({ 'nixsecret.toml': policyText(['alice', 'web']) })
  const judged = async (relations: PatternRelations) => {
    const inspection = new Inspection(await repo.open(), repo.options)
    try {
      const { group } = await inspection.states.ofTree(await inspection.tree(given))
      const judge = new Judge(inspection, [group], relations)
      await judge.all(commitEntries(inspection, { tips: [given], without: [base] }, [group]))
      const told = judge.raised.filter(
        ({ rule: id, entry }) => id === 'new-recipient' && entry.commit === given,
      )
      return told.map(({ draft }) => draft.message)
    } finally {
      inspection.close()
    }
  }
  const [web] = await judged(new PatternRelations())
  assert.match(web ?? '', /^web .* can read /)
  const few = new PatternRelations(10_000)
  const [unknown, ...others] = await judged(few)
  assert.ok(few.spent)
  assert.match(unknown ?? '', /^it was not looked at who can read more by this commit/)
  assert.equal(others, [])
})

test('who gains what, in which commit', async () => {
  const repo = new GuardRepo()
  const first = await repo.begin()
  const base = repo.commit({ README: 'x' })
  const added = repo.commit({ 'nixsecret.toml': policyText(['alice', 'web']) })
  const comment = repo.commit({ 'nixsecret.toml': `# nothing new\n${policyText(['alice', 'web'])}` })
  const removed = repo.commit({ 'nixsecret.toml': policyText() })
  // The most dangerous: the same name, another key.
  const swapped = repo.commit({ 'nixsecret.toml': policyText().replace(ALICE, EVE) })
  repo.commit({ '.gitattributes': `${ATTRIBUTES}secrets/a !filter\n` })
  const names = { first, base, added, comment, removed, swapped }
  const { brief: lines, said: told, findings } = await found(repo, `${base}..HEAD`, names)
  assert.equal(lines, [
    'warning new-recipient nixsecret.toml added',
    'warning new-recipient nixsecret.toml swapped',
  ])
  const web = await repo.box.run('ssh-keygen', ['-lf', '-'], { input: `${WEB}\n` })
  if (web.code === 0)
    assert.ok(told[0]?.startsWith(`web (${web.out.split(' ')[1]}) can read secrets/a, and files`))
  const other = `alice: ANOTHER KEY under a known name (${ALICE} -> ${EVE}), which`
  assert.ok(
    told[1]?.startsWith(`${other} can read secrets/a, and files that match /**, and could not`),
    told[1],
  )
  assert.match(findings[0]?.hint ?? '', /^git show [0-9a-f]{12} -- nixsecret\.toml/)
  // The first policy is no news.
  const all = await checkAll(await repo.open(), repo.options)
  assert.equal(
    all.findings.filter(({ rule, commit }) => rule === 'new-recipient' && commit === first),
    [],
  )
  // One that was taken away for a commit is no first one when it comes back.
  repo.switchTo('gap', base)
  repo.commit({ 'nixsecret.toml': null })
  const back = repo.commit({ 'nixsecret.toml': policyText(['alice', 'web']) })
  assert.equal((await found(repo, `${base}..${back}`, { back })).brief, [
    'warning new-recipient nixsecret.toml back',
  ])
  // No permission that is pushed along counts.
  const allow = '[[check.allow]]\nrule = "new-recipient"\npaths = ["/**"]\nreason = "x"\n'
  repo.switchTo('allowing', base)
  repo.commit({ 'nixsecret.toml': `${policyText(['alice', 'web'])}${allow}` })
  assert.is((await found(repo, `${base}..HEAD`)).findings.length, 2)
  // Who pushes what they have accepted is not told again.
  const said = async (accepted: string) => {
    const input = Buffer.from(`refs/heads/gap ${back} refs/heads/gap ${base}\n`)
    const { findings } = await asUser(repo.box, repo.dir, (here) => {
      const none = { attributes: new Map(), paths: new Map(), sets: new Map() }
      saveTrust(here, { at: base, policies: [accepted], ...none })
      return checkPrePush(here, input, 'origin', 'origin', repo.options)
    })
    return findings.filter(({ rule }) => rule === 'new-recipient').length
  }
  assert.is(await said(policyText(['alice', 'web'])), 0)
  assert.is(await said(policyText(['alice'])), 1)
})

test('a merge is told of what it does itself', async () => {
  const repo = new GuardRepo()
  await repo.begin()
  const base = repo.commit({ 'nixsecret.toml': policyText(['alice', 'web']) })
  const main = repo.commit({ 'nixsecret.toml': policyText() })
  repo.switchTo('side', base)
  const side = repo.commit({ 'secrets/s': await sealed('s', policyText(['alice', 'web'])) })
  repo.switchTo('merged', main)
  const clean = repo.commit({ 'secrets/s': await sealed('s') }, [main, side])
  assert.equal((await found(repo, `${base}..${clean}`)).brief, [])
  // What one side has taken away comes back, from the other side, which never gave it.
  repo.switchTo('rollback', main)
  const rollback = repo.commit({ 'nixsecret.toml': policyText(['alice', 'web']) }, [main, side])
  assert.equal((await found(repo, `${base}..${rollback}`, { rollback })).brief, [
    'warning new-recipient nixsecret.toml rollback',
  ])
  // A reader whom one side has added is that commit's.
  repo.switchTo('adds', main)
  const adds = repo.commit({ 'nixsecret.toml': policyText(['alice', 'web']) })
  repo.switchTo('both', main)
  const other = repo.commit({ README: 'x' })
  const both = repo.commit({ 'nixsecret.toml': policyText(['alice', 'web']) }, [other, adds])
  assert.equal((await found(repo, `${main}..${both}`, { adds, both })).brief, [
    'warning new-recipient nixsecret.toml adds',
  ])
})

test.run()
