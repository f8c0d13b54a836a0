import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { BytePath } from '../../src/byte-path.ts'
import { renderFindings, renderSummary } from '../../src/cli/check/render.ts'
import { renderJson } from '../../src/cli/check/render-json.ts'
import { renderSarif } from '../../src/cli/check/render-sarif.ts'
import { wrapLines } from '../../src/cli/hook/wrap-lines.ts'
import { checkRevision, checkStaged } from '../../src/guard/check.ts'
import type { CheckResult, Finding } from '../../src/guard/finding.ts'
import { RULE_IDS } from '../../src/policy/rule-ids.ts'
import { cases, FUZZ, seeded } from './fuzz-cases.ts'
import { assertPrintable } from './fuzz-printable.ts'
import { ATTRIBUTES, GuardRepo, policyText } from './guard-repo.ts'
import { sarifProblems } from './sarif-schema.ts'

const test = suite('fuzz output')
const REPORTS = 400
const NAMES = 300
const plain = (_: string, text: string) => text
const looked = { commits: 1, blobs: 1, files: 1, byName: false, leftOut: false }

const part = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  fc
    .string({ unit: 'binary', minLength: 1, maxLength: 8 })
    .map((text) => Buffer.from(text).toString('latin1')),
  fc.constantFrom(
    '\x1b[2J',
    '\x1b]0;x\x07',
    '\n',
    '\r',
    '\xe2\x80\xae',
    '\xe2\x80\xa8',
    '\xc2\x9b',
    '"',
    '\\',
  ),
  fc.constantFrom(
    "'",
    '$(x)',
    '`x`',
    '-x',
    ' ',
    '#',
    '%',
    ':3:7',
    '{0}',
    '](x)',
    '\xef\xbb\xbf',
    '\xed\xa0\x80',
  ),
)
/** A name as a tree can have it; latin1. */
const name = fc
  .array(part, { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join('').replace(/[\0/]/g, '_'))
  .filter((text) => !/^\.+$|^\.git/i.test(text))

const finding: fc.Arbitrary<Finding> = fc.record({
  rule: fc.constantFrom(...RULE_IDS),
  severity: fc.constantFrom('error' as const, 'warning' as const, 'note' as const),
  commit: fc.constantFrom(null, 'a1'.repeat(20), 'b2'.repeat(32)),
  path: name as fc.Arbitrary<BytePath>,
  line: fc.option(fc.integer({ min: 1, max: 1e9 })),
  column: fc.option(fc.integer({ min: 1, max: 1e9 })),
  message: fc.string({ unit: 'binary', maxLength: 60 }),
  hint: fc.string({ unit: 'binary', maxLength: 60 }),
})

test('whatever was found, JSON and SARIF are valid, and a path is what it was', () => {
  fc.assert(
    fc.property(fc.array(finding, { maxLength: 6 }), fc.nat(), (findings, silenced) => {
      const json = JSON.parse(renderJson({ findings, silenced }))
      assert.is(json.silenced, silenced)
      assert.equal(json.findings.map(unpathed), findings.map(unpathed))
      const sarif = JSON.parse(renderSarif({ findings, silenced }))
      assert.equal(sarifProblems(sarif), [])
      const uris: string[] = sarif.runs[0].results.map(uriOf)
      assert.equal(
        uris.map(unescaped),
        findings.map(({ path }) => path),
      )
    }),
    { ...FUZZ, numRuns: REPORTS },
  )
})

function unpathed({ path: _, ...rest }: Finding) {
  return rest
}

function uriOf(one: { locations: { physicalLocation: { artifactLocation: { uri: string } } }[] }): string {
  return one.locations[0]?.physicalLocation.artifactLocation.uri ?? ''
}

function unescaped(uri: string): string {
  return uri.replace(/%(..)/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
}

test('whatever files are called, no format prints what steers a terminal', async () => {
  const names = [...new Set(cases(name, NAMES))]
  const repo = new GuardRepo()
  const kinds = [
    (text: string) => ({ path: `secrets/${text}`, mode: '100644', content: 'plain' }),
    (text: string) => ({ path: `secrets/${text}`, mode: '120000', content: '/x' }),
    (text: string) => ({ path: `${text}.nix`, mode: '100644', content: leak(text) }),
    (text: string) => ({ path: `named/${text}`, mode: '100644', content: 'plain' }),
  ]
  const parts: Buffer[] = []
  const add = (path: string, content: string, mode = '100644') => {
    const octal = (char: string) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`
    const quoted = `"${path.replace(/[^\w./-]/g, octal)}"`
    parts.push(Buffer.from(`M ${mode} inline ${quoted}\ndata ${content.length}\n${content}\n`, 'latin1'))
  }
  parts.push(Buffer.from('commit refs/heads/main\ncommitter T <t@example.org> 1 +0000\ndata 1\nx\n'))
  add('.gitattributes', ATTRIBUTES)
  add('nixsecret.toml', `${policyText()}[[rule]]\npaths = ["/named/**"]\nto = ["alice"]\n`)
  const paths = names.map((text, i) => {
    const { path, mode, content } = (kinds[i % kinds.length] as (typeof kinds)[0])(text)
    add(path, content, mode)
    return path
  })
  repo.git(['fast-import', '--quiet'], { input: Buffer.concat(parts) })
  const opened = await repo.open()
  const committed = await checkRevision(opened, 'main', repo.options)
  repo.git(['read-tree', 'main'])
  repo.git(['update-ref', '-d', 'refs/heads/main'])
  for (const result of [committed, await checkStaged(opened, repo.options)]) {
    const said = new Set<string>(result.findings.map(({ path }) => path))
    for (const path of paths) assert.ok(said.has(path), seeded(JSON.stringify(path)))
    printable(result)
  }
  repo.box.remove()
})

/** With the name where messages may repeat it: as an option, and as a path. */
function leak(name: string): string {
  const text = name.replace(/["\\$]/g, '\\$&')
  return `{ users.users."${text}".password = "hunter2-of-friday"; x."${text}".token = "hunter2-of-monday"; }`
}

function printable(result: CheckResult): void {
  const text = renderFindings(result.findings, plain)
  assertPrintable(text, 'lines', seeded('text'))
  assertPrintable(wrapLines(text, 72), 'lines', seeded('wrapped text'))
  assertPrintable(renderSummary({ ...result, looked }), 'line', seeded('summary'))
  for (const { message, hint } of result.findings) {
    assertPrintable(message, 'line', seeded('message'))
    assertPrintable(hint, 'lines', seeded('hint'))
  }
  assert.equal(sarifProblems(JSON.parse(renderSarif(result))), [])
  assert.is(JSON.parse(renderJson(result)).findings.length, result.findings.length)
}

test.run()
