import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { BytePath } from '../../src/byte-path.ts'
import { mergeResults } from '../../src/cli/check/merge-results.ts'
import { checkArguments } from '../../src/cli/check/options.ts'
import { ProgressLine } from '../../src/cli/check/progress.ts'
import { renderFindings, renderSummary } from '../../src/cli/check/render.ts'
import { renderJson } from '../../src/cli/check/render-json.ts'
import type { CheckResult, Finding } from '../../src/guard/finding.ts'
import { ABOUT } from '../../src/guard/rules/about.ts'

const finding = (over: Partial<Finding> = {}): Finding => ({
  rule: 'nix-inline-secret',
  severity: 'error',
  commit: null,
  path: 'a.nix' as BytePath,
  line: 3,
  column: 7,
  message: 'x.password holds a secret',
  hint: 'git add a.nix',
  ...over,
})
const result = (findings: Finding[], silenced = 0): CheckResult => ({
  findings,
  silenced,
  problems: [],
  looked: { commits: 1, blobs: 2, files: 0, byName: false, leftOut: false },
})
const plain = (_: string, text: string) => text
const count = (text: string, part: string) => text.split(part).length - 1

test('a block says what, where, why and what to run', () => {
  const commit = '8930ec0109f56b1659c58c7d961008a72cb3d1f0'
  const text = renderFindings([finding({ commit, hint: '# a remark\ngit add a.nix' })], plain)
  assert.is(
    text,
    [
      'error a.nix:3:7 in 8930ec0109f5 [nix-inline-secret]',
      '  x.password holds a secret',
      `  ${ABOUT['nix-inline-secret'].why}`,
      '    # a remark',
      '    git add a.nix',
      '',
    ].join('\n'),
  )
  assert.is(renderFindings([], plain), '')
})

test('errors first, those about the policy before all, rules together in the order in which they were found', () => {
  const text = renderFindings(
    [
      finding({ rule: 'no-digest', severity: 'warning', path: 'w1' as BytePath }),
      finding({ rule: 'symlink', path: 'e1' as BytePath }),
      finding({ rule: 'stale-recipients', severity: 'note', path: 'n1' as BytePath }),
      finding({ rule: 'policy', path: 'e2' as BytePath }),
      finding({ rule: 'symlink', path: 'e3' as BytePath }),
      finding({ rule: 'no-digest', path: 'e4' as BytePath }),
    ],
    plain,
  )
  assert.equal(
    [...text.matchAll(/^\w+ (..):/gm)].map((match) => match[1]),
    ['e2', 'e4', 'e1', 'e3', 'w1', 'n1'],
  )
})

test('fifty findings stay readable: why once a rule, the same commands once', () => {
  const many = Array.from({ length: 50 }, (_, i) => finding({ line: i + 1, message: `x${i}.password` }))
  const text = renderFindings([...many, finding({ rule: 'credential' })], plain)
  assert.is(count(text, ABOUT['nix-inline-secret'].why), 1)
  assert.is(count(text, ABOUT.credential.why), 1)
  assert.is(count(text, 'git add a.nix'), 2)
  for (let i = 0; i < 50; i++) assert.ok(text.includes(`error a.nix:${i + 1}:7 [`) && text.includes(`x${i}.`))
  assert.ok(text.split('\n').length <= 50 * 2 + 10)
  const apart = renderFindings([finding(), finding({ hint: 'git add b' }), finding()], plain)
  assert.is(count(apart, 'git add a.nix'), 2)
})

test('a name steers no terminal, and colours are those that are asked for', () => {
  const odd = finding({ path: 'a\n\x1b[31m\xff' as BytePath, line: null, column: null })
  assert.ok(renderFindings([odd], plain).startsWith('error "a\\n\\033[31m\\377" [nix-inline-secret]\n'))
  const painted = renderFindings([odd], (style, text) => `<${style}>${text}</>`)
  assert.match(painted, /^<red>error<\/> <bold>"a.*"<\/> <dim>\[nix-inline-secret\]<\/>\n/)
})

test('the summary counts what was found and what was silenced', () => {
  assert.is(renderSummary(result([])), 'nothing found (2 protected blobs of 1 commit looked at)')
  const severities = ['error', 'warning', 'warning', 'note'] as const
  const found = result(
    severities.map((severity) => finding({ severity })),
    3,
  )
  assert.match(renderSummary(found), /^1 error, 2 warnings, 1 note, 3 silenced \(/)
  assert.match(renderSummary(result([], 1)), /^nothing found, 1 silenced \(/)
  const long = {
    ...result([]),
    looked: { commits: 30_000, blobs: 1, files: 7, byName: true, leftOut: false },
  }
  const part =
    '(1 protected blob and 7 other files, in old commits by their names, of 30000 commits looked at)'
  assert.ok(renderSummary(long).endsWith(part), renderSummary(long))
  const shallow = { ...result([]), looked: { ...result([]).looked, cutOff: true as const } }
  assert.match(renderSummary(shallow), /of 1 commit, none older than this shallow clone has, looked at/)
})

test('JSON has the documented fields, in the order in which things were found', () => {
  const odd = finding({ severity: 'note', path: '\xff' as BytePath, line: null, column: null })
  const report = JSON.parse(renderJson(result([odd, finding()], 2)))
  assert.equal(Object.keys(report), ['findings', 'silenced'])
  assert.is(report.silenced, 2)
  assert.equal(report.findings[0], { ...odd, path: '"\\377"' })
  assert.equal(report.findings[1], finding())
})

test('what two sources both have is said once, however far it moved', () => {
  const both = finding({ line: 9, commit: 'c'.repeat(40) })
  const only = finding({ message: 'y.password' })
  const merged = mergeResults(result([finding(), only], 2), result([both], 1))
  assert.equal(merged.findings, [only, both])
  assert.is(merged.silenced, 2)
  assert.equal(merged.looked, { commits: 2, blobs: 4, files: 0, byName: false, leftOut: false })
  const twice = mergeResults(result([finding(), finding({ line: 5 })]), result([both]))
  assert.is(twice.findings.length, 2)
})

test('arguments: every source and format', () => {
  const kinds = (args: string[]) => checkArguments(args).sources.map(({ kind }) => kind)
  assert.equal(kinds([]), ['present'])
  assert.equal(kinds(['--staged']), ['staged'])
  assert.equal(checkArguments(['--range', 'a..b']).sources, [{ kind: 'range', value: 'a..b' }])
  assert.equal(checkArguments(['--rev', 'x', '--files']).sources, [
    { kind: 'files' },
    { kind: 'rev', value: 'x' },
  ])
  assert.equal(kinds(['--all']), ['all'])
  assert.equal(kinds(['--files']), ['files'])
  for (const [args, format] of [
    [[], 'text'],
    [['--json'], 'json'],
    [['--json', '--format', 'json'], 'json'],
    [['--format', 'sarif'], 'sarif'],
  ] as const)
    assert.is(checkArguments([...args]).format, format)
  assert.is(checkArguments(['--all', '--write-baseline']).writeBaseline, true)
})

test('wrong usage says what to write', () => {
  for (const [args, message] of [
    [['--format', 'xml'], /write text, json or sarif$/],
    [['--format'], /option --format of check needs a value/],
    [['--json', '--format', 'sarif'], /write one of them$/],
    [['--staged', '--all'], /only one of --staged, --range, --rev and --all$/],
    [['--range', 'a..b', '--rev', 'c'], /only one of/],
    [['--write-baseline', '--json'], /without --format and --json$/],
    [['--write-baseline', '--files'], /--write-baseline without --files$/],
    [['--write-basline'], /did you mean --write-baseline\?$/],
    [['secrets'], /check takes no secrets/],
  ] as const)
    assert.throws(() => checkArguments([...args]), message)
})

test('progress: on a terminal, after a second, and gone at the end or with Ctrl-C', () => {
  const { now } = Date
  const { kill } = process
  const killed: unknown[] = []
  let time = 0
  Date.now = () => time
  process.kill = ((...args: unknown[]) => killed.push(args)) as unknown as typeof process.kill
  try {
    const written: string[] = []
    const stream = (isTTY: boolean) =>
      ({ isTTY, write: (text: string) => written.push(text) }) as unknown as NodeJS.WriteStream
    const line = new ProgressLine(stream(true))
    const other = new ProgressLine(stream(false))
    line.show({ commits: 1, total: 4 })
    assert.equal(written, [])
    time = 1001
    other.show({ commits: 1, total: 4 })
    line.show({ commits: 2, total: 4 })
    time = 1050
    line.show({ commits: 3, total: 4 })
    assert.equal(written, ['\r\x1b[Klooking at commits: 50% (2/4)'])
    process.emit('SIGINT')
    assert.equal([written.slice(1), killed], [['\r\x1b[K'], [[process.pid, 'SIGINT']]])
    line.end()
    assert.is(written.length, 2)
    assert.is(process.listenerCount('SIGINT'), 0)
  } finally {
    Date.now = now
    process.kill = kill
  }
})

test.run()
