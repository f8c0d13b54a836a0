import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { BytePath } from '../../src/byte-path.ts'
import { repositoryUriOf } from '../../src/cli/check/provenance.ts'
import { renderSarif } from '../../src/cli/check/render-sarif.ts'
import { uriPath } from '../../src/cli/check/uri-path.ts'
import type { Finding } from '../../src/guard/finding.ts'
import { RULE_IDS } from '../../src/policy/rule-ids.ts'
import { sarifProblems } from './sarif-schema.ts'

const ONE: Finding = {
  rule: 'nix-inline-secret',
  severity: 'error',
  commit: '8930ec0109f56b1659c58c7d961008a72cb3d1f0',
  path: 'hosts/web.nix' as BytePath,
  line: 3,
  column: 7,
  message: 'x.password holds a secret as text',
  hint: 'git rm --cached -- x',
}

function sarif(findings: readonly Finding[], silenced = 0) {
  const log = JSON.parse(renderSarif({ findings, silenced }))
  assert.equal(sarifProblems(log), [])
  return log
}

const prints = (findings: readonly Finding[]): string[] =>
  sarif(findings).runs[0].results.map(
    (one: { partialFingerprints: Record<string, string> }) => one.partialFingerprints['nixsecret/v1'],
  )

test('the validator finds what is wrong', () => {
  const log = sarif([ONE])
  log.runs[0].results[0].level = 'fatal'
  log.runs[0].results[0].locations[0].physicalLocation.region.startLine = 0
  log.runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri = 'a b'
  delete log.runs[0].invocations[0].executionSuccessful
  log.runs[0].bogus = 1
  assert.is(sarifProblems(log).length, 5)
})

test('nothing found: every rule is listed, no result', () => {
  const [run] = sarif([], 3).runs
  assert.equal(run.results, [])
  assert.equal(run.properties, { silenced: 3 })
  assert.equal(
    run.tool.driver.rules.map((rule: { id: string }) => rule.id),
    [...RULE_IDS],
  )
  assert.equal(run.invocations, [{ executionSuccessful: true }])
})

test('a finding of every rule, with and without a line, a column and a commit', () => {
  const findings = RULE_IDS.flatMap((rule) =>
    (['error', 'warning', 'note'] as const).flatMap((severity) => [
      { ...ONE, rule, severity },
      { ...ONE, rule, severity, column: null },
      { ...ONE, rule, severity, commit: null, line: null, column: null, hint: '' },
    ]),
  )
  const { results, tool } = sarif(findings).runs[0]
  assert.is(results.length, findings.length)
  findings.forEach((finding, i) => {
    const { ruleId, ruleIndex, level, locations, properties, message } = results[i]
    assert.is(tool.driver.rules[ruleIndex].id, finding.rule)
    assert.equal([ruleId, level], [finding.rule, finding.severity])
    assert.equal(properties, { commit: finding.commit, hint: finding.hint })
    assert.is(message.text.includes('(commit 8930ec0109f5)'), finding.commit !== null)
    const { region } = locations[0].physicalLocation
    const expected = finding.column === null ? { startLine: 3 } : { startLine: 3, startColumn: 7 }
    assert.equal(region, finding.line === null ? undefined : expected)
  })
})

test('a path is its bytes, percent-encoded', () => {
  for (const [path, uri] of [
    ['secrets/db.env', 'secrets/db.env'],
    ['a b/%41#x?y', 'a%20b/%2541%23x%3Fy'],
    ['\xc3\xbc/\xff\n', '%C3%BC/%FF%0A'],
    ['c:/x\\y', 'c%3A/x%5Cy'],
    ['~/a-b_c', '~/a-b_c'],
  ] as const)
    assert.is(uriPath(path as BytePath), uri)
  const name = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => bytes.map((byte) => byte || 1))
  fc.assert(
    fc.property(name, (bytes) => {
      const path = Buffer.from(bytes).toString('latin1') as BytePath
      sarif([{ ...ONE, path }])
      assert.match(uriPath(path), /^(?:[\w.~/-]|%[0-9A-F]{2})+$/)
      const back = uriPath(path).replace(/%(..)/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
      assert.is(back, path)
    }),
    { numRuns: 300 },
  )
})

test('a name within a message makes neither a placeholder nor a link', () => {
  const [result] = sarif([{ ...ONE, message: '{x}.[a](https://example.org) {0}' }]).runs[0].results
  assert.is(result.message.text, '{{x}}.[a\\](https://example.org) {{0}} (commit 8930ec0109f5)')
})

test('fingerprints outlive moved lines and other commits, and tell findings apart', () => {
  const [first] = prints([ONE])
  const moved = { ...ONE, line: 90, column: 1, commit: null, hint: 'x' }
  assert.equal(prints([moved]), [first])
  const others = [
    { ...ONE, path: 'y' as BytePath },
    { ...ONE, rule: 'private-key' as const },
    { ...ONE, message: 'y' },
  ]
  const all = prints([ONE, moved, ...others])
  assert.is(all[0], first)
  assert.is(new Set(all).size, 5)
  const policy = (line: number) => ({ ...ONE, message: `nixsecret.toml:${line}: unknown key`, line })
  assert.equal(prints([policy(3)]), prints([policy(12)]))
})

test('a remote is shown without user, password and query', () => {
  for (const [url, shown] of [
    ['https://user:token@example.org/a/b.git?x=1#y', 'https://example.org/a/b.git'],
    ['https://token@example.org:8443/a', 'https://example.org:8443/a'],
    ['git@example.org:a/b.git', 'ssh://example.org/a/b.git'],
    ['example.org:/srv/b.git', 'ssh://example.org/srv/b.git'],
    ['ssh://git@example.org/a b', 'ssh://example.org/a%20b'],
    ['/srv/git/b.git', null],
    ['../b', null],
    ['file:///srv/b', null],
    ['helper::secret', null],
    ['', null],
  ] as const)
    assert.is(repositoryUriOf(url), shown, url)
  const where = { repositoryUri: 'ssh://example.org/a%20b', revisionId: ONE.commit as string }
  const log = JSON.parse(renderSarif({ findings: [ONE], silenced: 0 }, where))
  assert.equal(sarifProblems(log), [])
  assert.is(log.runs[0].versionControlProvenance[0].revisionId, ONE.commit)
})

test.run()
