import { createHash } from 'node:crypto'
import type { CheckResult, Finding } from '../../guard/finding.ts'
import { ABOUT, type About } from '../../guard/rules/about.ts'
import { RULE_IDS } from '../../policy/rule-ids.ts'
import { VERSION } from '../version.ts'
import type { Provenance } from './provenance.ts'
import { uriPath } from './uri-path.ts'

// Named as code scanning services name the top of what they have checked out.
const TOP = '%SRCROOT%'
// Of our own: GitHub computes `primaryLocationLineHash` itself, from the line, and warns of any other value.
const FINGERPRINT = 'nixsecret/v1'

/**
 * Findings as one run of SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html).
 * Every rule is listed, found or not, so that its index stays.
 * @param provenance where one commit was judged and its repository is known
 */
export function renderSarif(
  { findings, silenced }: Pick<CheckResult, 'findings' | 'silenced'>,
  provenance: Provenance | null = null,
): string {
  const seen = new Map<string, number>()
  const driver = { name: 'git-nixsecret', version: VERSION, semanticVersion: VERSION }
  const run = {
    tool: { driver: { ...driver, rules: RULE_IDS.map((id) => ruleOf(ABOUT[id])) } },
    invocations: [{ executionSuccessful: true }],
    columnKind: 'unicodeCodePoints',
    originalUriBaseIds: { [TOP]: { description: { text: 'The top of the repository.' } } },
    ...(provenance === null
      ? {}
      : { versionControlProvenance: [{ ...provenance, mappedTo: { uriBaseId: TOP } }] }),
    results: findings.map((finding) => resultOf(finding, seen)),
    properties: { silenced },
  }
  const log = {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [run],
  }
  return `${JSON.stringify(log, null, 2)}\n`
}

function ruleOf({ id, severity, summary, why, mend, page }: About) {
  return {
    id,
    shortDescription: { text: sentence(summary) },
    fullDescription: { text: `${sentence(summary)} ${why}` },
    help: {
      text: `${why} ${mend} More: ${page} of git-nixsecret.`,
      markdown: `${why}\n\n**How to mend it:** ${mend}\n\nMore: \`${page}\` of git-nixsecret.`,
    },
    defaultConfiguration: { level: severity },
    properties: { tags: ['security'] },
  }
}

function resultOf(finding: Finding, seen: Map<string, number>) {
  const { rule, severity, commit, path, line, column, message, hint } = finding
  const where = commit === null ? '' : ` (commit ${commit.slice(0, 12)})`
  const region = line === null ? {} : { region: { startLine: line, ...startColumn(column) } }
  const artifactLocation = { uri: uriPath(path), uriBaseId: TOP }
  return {
    ruleId: rule,
    ruleIndex: RULE_IDS.indexOf(rule),
    level: severity,
    message: { text: plain(`${message}${where}`) },
    locations: [{ physicalLocation: { artifactLocation, ...region } }],
    partialFingerprints: { [FINGERPRINT]: fingerprint(finding, seen) },
    properties: { commit, hint },
  }
}

function startColumn(column: number | null) {
  return column === null ? {} : { startColumn: column }
}

/**
 * The same for the same thing when lines move, other commits come or these are rebased: rule, path and message, and
 * which one it is of those that have all three in common.
 */
function fingerprint({ rule, path, message }: Finding, seen: Map<string, number>): string {
  const unplaced = message.replace(/:\d+/g, '')
  const hash = createHash('sha256')
    .update([rule, path, unplaced].join('\0'), 'utf8')
    .digest('hex')
    .slice(0, 32)
  const count = (seen.get(hash) ?? 0) + 1
  seen.set(hash, count)
  return `${hash}:${count}`
}

// Braces would be placeholders, and an untrusted name must make no link (SARIF 2.1.0, 3.11.5 and 3.11.6).
function plain(text: string): string {
  return text.replace(/[{}]/g, '$&$&').replaceAll('](', '\\](')
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`
}
