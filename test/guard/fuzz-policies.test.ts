import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { policyFrom } from '../../src/blob/policy-from.ts'
import { readersFor } from '../../src/blob/readers.ts'
import { textPath } from '../../src/byte-path.ts'
import { NixsecretError } from '../../src/errors.ts'
import { checkRange, checkRevision } from '../../src/guard/check.ts'
import type { CheckResult } from '../../src/guard/finding.ts'
import { cpuTime } from '../support/cpu-time.ts'
import { cases, seeded } from './fuzz-cases.ts'
import { somePolicyText } from './fuzz-policy-texts.ts'
import { assertPrintable } from './fuzz-printable.ts'
import { ATTRIBUTES, GuardRepo } from './guard-repo.ts'

const test = suite('fuzz policies')
const PURE = 2500
const COMMITS = 250
// Milliseconds for one, on a busy machine; a hang takes for ever.
const SOON = 5_000
const SECRET = textPath('secrets/plain')

/** Why nobody can tell who reads the secret, or null. */
function problemOf(text: string): string | null {
  const start = cpuTime()
  try {
    readersFor(policyFrom(Buffer.from(text, 'latin1').toString('utf8')), SECRET)
    return null
  } catch (error) {
    assert.instance(error, NixsecretError, seeded(`${error} of ${JSON.stringify(text.slice(0, 2000))}`))
    const { code, message } = error as NixsecretError
    assert.is(code, 'policy', seeded(message))
    assertPrintable(message, 'line', seeded(JSON.stringify(text.slice(0, 2000))))
    return message
  } finally {
    assert.ok(cpuTime() - start < SOON, seeded(JSON.stringify(text.slice(0, 2000))))
  }
}

test('a policy is understood, or refused with a reason that can be printed', () => {
  const problems = cases(somePolicyText, PURE).map(problemOf)
  const refused = problems.filter((problem) => problem !== null)
  assert.ok(refused.length > PURE / 5 && refused.length < (PURE * 9) / 10, `refused: ${refused.length}`)
  assert.ok(new Set(refused.map((one) => one.replace(/\d+|".*"/g, ''))).size > 20, 'the cases try little')
})

test('what a policy says never lets plaintext pass, and what is wrong with it is said', async () => {
  const texts = [...new Set(cases(somePolicyText, COMMITS))]
  const repo = new GuardRepo()
  const commits = commitPolicies(repo, texts)
  const opened = await repo.open()
  const all = await checkRange(opened, `${'0'.repeat(40)}..main`, repo.options)
  let allowing = 0
  for (const [i, text] of texts.entries()) {
    const commit = commits[i] as string
    const problem = problemOf(text)
    const about = seeded(`${i}: ${problem}: ${JSON.stringify(text.slice(0, 2000))}`)
    assert.ok(has(all, commit, 'plaintext-blob', 'secrets/plain'), about)
    assert.is(has(all, commit, 'policy', 'nixsecret.toml'), problem !== null, about)
    if (i % 12 > 0) continue
    const alone = await checkRevision(opened, commit, repo.options)
    // Here the policy of the tree itself may allow it, if it can be read.
    const seen = has(alone, commit, 'plaintext-blob', 'secrets/plain')
    if (problem === null && !seen) allowing++
    assert.ok(seen || (/check\.allow/.test(text) && alone.silenced > 0), about)
    assert.ok(problem === null || alone.findings.length + alone.silenced > 1, about)
  }
  for (const { message, hint } of all.findings) {
    assertPrintable(message, 'line', seeded(message))
    assertPrintable(hint, 'lines', seeded(hint))
  }
  assert.ok(allowing < COMMITS / 24)
  repo.box.remove()
})

/** A commit a policy, each with a secret of its own that lies open. */
function commitPolicies(repo: GuardRepo, texts: readonly string[]): string[] {
  const parts: Buffer[] = []
  const data = (text: string) => parts.push(Buffer.from(`data ${text.length}\n${text}\n`, 'latin1'))
  const file = (path: string, text: string) => {
    parts.push(Buffer.from(`M 100644 inline ${path}\n`))
    data(text)
  }
  for (const [i, text] of texts.entries()) {
    parts.push(Buffer.from(`commit refs/heads/main\ncommitter T <t@example.org> ${i + 1} +0000\n`))
    data('x')
    file('.gitattributes', ATTRIBUTES)
    file('nixsecret.toml', text)
    file(SECRET, `plain ${i}`)
  }
  repo.git(['fast-import', '--quiet'], { input: Buffer.concat(parts) })
  return repo.git(['rev-list', '--reverse', 'main']).split('\n')
}

function has({ findings }: CheckResult, commit: string, rule: string, path: string): boolean {
  return findings.some(
    (one) => one.commit === commit && one.rule === rule && one.path === path && one.severity === 'error',
  )
}

test.run()
