import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { openRepository, type Repository } from '../git/repository.ts'
import { tryGit } from '../git/run-git.ts'
import { checkAll, checkRange, checkRevision, checkStaged } from '../guard/check.ts'
import { type CheckResult, hasErrors } from '../guard/finding.ts'
import type { CheckOptions } from '../guard/inspection.ts'
import { ProgressLine } from './check/progress.ts'
import { renderFindings, renderJson, renderSummary } from './check/render.ts'
import { parseOptions, refuseOperands } from './parse-options.ts'
import { printNote } from './print.ts'

export { renderFindings } from './check/render.ts'

export const help = `usage: git-nixsecret check [--staged | --range A..B | --rev REV | --all] [--format text|json]

Finds what should be ciphertext in git and is not. Needs no key.

Without an option: the index, then the tree of HEAD.

  --staged         the index: what the next commit would hold
  --range A..B     every commit of B that A has not, and the whole tree of B;
                   each commit is judged by its own .gitattributes and nixsecret.toml,
                   and a path that B protects must be ciphertext in all of them.
                   With an A of zeros: everything up to B
  --rev REV        the tree of one commit
  --all            every commit of every branch and tag
  --format FORMAT  text (default) or json
  --json           the same as --format json

Rules: plaintext-blob, protection-dropped, stale-recipients, no-digest, symlink,
submodule, policy; in pre-push also loose-object. docs/policy.md says what each means.
JSON: { "findings": [{ rule, severity, commit, path, line, column, message, hint }], "silenced": N }.
Exit code: 0 nothing that must be mended, 1 at least one error was found, 2 the check could not be made.
`

const OPTIONS = {
  staged: { type: 'boolean' },
  range: { type: 'string' },
  rev: { type: 'string' },
  all: { type: 'boolean' },
  format: { type: 'string' },
  json: { type: 'boolean' },
} as const

type Check = (repo: Repository, options: CheckOptions) => Promise<CheckResult>

/** Runs the guard. @returns the exit code */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions('check', args, OPTIONS)
  refuseOperands('check', positionals)
  const json = formatOf(values) === 'json'
  const check = checkOf(values)
  const repo = await openRepository()
  const progress = new ProgressLine()
  let result: CheckResult
  try {
    result = await check(repo, { onProgress: progress.show })
  } finally {
    progress.end()
  }
  process.stdout.write(json ? renderJson(result) : renderFindings(result.findings))
  printNote(renderSummary(result))
  return hasErrors(result) ? 1 : 0
}

function formatOf({ format, json }: { format?: string; json?: boolean }): 'text' | 'json' {
  if (json === true && format !== undefined && format !== 'json')
    throw usage('--json and --format contradict each other')
  if (json === true) return 'json'
  if (format === undefined || format === 'text' || format === 'json') return format ?? 'text'
  throw usage(`there is no format ${displayText(format)}: write text or json`)
}

function checkOf(values: { staged?: boolean; range?: string; rev?: string; all?: boolean }): Check {
  const checks: Check[] = []
  const { range, rev } = values
  if (values.staged === true) checks.push(checkStaged)
  if (range !== undefined) checks.push((repo, options) => checkRange(repo, range, options))
  if (rev !== undefined) checks.push((repo, options) => checkRevision(repo, rev, options))
  if (values.all === true) checks.push(checkAll)
  if (checks.length > 1) throw usage('only one of --staged, --range, --rev and --all')
  return checks[0] ?? indexAndHead
}

async function indexAndHead(repo: Repository, options: CheckOptions): Promise<CheckResult> {
  const staged = repo.workTree === null ? null : await checkStaged(repo, options)
  const head = await tryGit(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'])
  if (head.code !== 0) return staged ?? { findings: [], silenced: 0, looked: { commits: 0, blobs: 0 } }
  const committed = await checkRevision(repo, 'HEAD', options)
  if (staged === null) return committed
  // What is in both is said once, for the commit.
  const said = new Set(committed.findings.map((finding) => `${finding.rule}\0${finding.path}`))
  return {
    findings: [...staged.findings.filter((f) => !said.has(`${f.rule}\0${f.path}`)), ...committed.findings],
    silenced: staged.silenced + committed.silenced,
    looked: { commits: committed.looked.commits, blobs: staged.looked.blobs + committed.looked.blobs },
  }
}

function usage(message: string): NixsecretError {
  return new NixsecretError('usage', message, { hints: ['git-nixsecret check --help'] })
}
