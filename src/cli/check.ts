import { NixsecretError } from '../errors.ts'
import { openRepository, type Repository, requireWorkTree } from '../git/repository.ts'
import { tryGit } from '../git/run-git.ts'
import { checkAll, checkRange, checkRevision, checkStaged } from '../guard/check.ts'
import { checkFiles } from '../guard/check-files.ts'
import { type CheckResult, hasErrors } from '../guard/finding.ts'
import type { CheckOptions } from '../guard/inspection.ts'
import type { Silenceable } from '../guard/silence/fingerprint.ts'
import { mergeResults } from './check/merge-results.ts'
import { type CheckArguments, checkArguments, type Source } from './check/options.ts'
import { ProgressLine } from './check/progress.ts'
import { renderFindings, renderSummary } from './check/render.ts'
import { printHint, printNote } from './print.ts'

export { renderFindings } from './check/render.ts'

export const help = `usage: git-nixsecret check [--staged | --range A..B | --rev REV | --all] [--files]
                           [--require-signed] [--format text|json|sarif | --write-baseline]

Finds what should be ciphertext in git and is not, and what would put a secret in the Nix store.
Needs no key.

Without an option: the index, then the tree of HEAD.

  --staged          the index: what the next commit would hold
  --range A..B      every commit of B that A has not, and the whole tree of B;
                    each commit is judged by its own .gitattributes and nixsecret.toml,
                    and a path that B protects must be ciphertext in all of them.
                    With an A of zeros: everything up to B
  --rev REV         the tree of one commit
  --all             every commit of every branch and tag
  --files           the work tree as it lies, untracked files too: what a build would copy
  --require-signed  with --range or --all: commits that change nixsecret.toml, a .gitattributes or a
                    secret must be signed by an allowed signer, as git verify-commit tells
  --format FORMAT   text (default), json or sarif (2.1.0)
  --json            the same as --format json
  --write-baseline  write what is found to nixsecret-baseline.json, for a repository that
                    begins with this late: from then on only what is new is reported;
                    not with --files

A comment "# nixsecret: allow RULE: reason" on or above the line, or [[check.allow]] in
nixsecret.toml, allows a single finding. What is pushed cannot allow itself everything.
docs/rules/ has a page for each rule, and the formats.
Exit code: 0 nothing that must be mended, 1 at least one error was found, 2 the check could not be made.
`

const NOTHING: CheckResult = {
  findings: [],
  silenced: 0,
  problems: [],
  looked: { commits: 0, blobs: 0, files: 0, byName: false, leftOut: false },
}

/** Runs the guard. @returns the exit code */
export async function run(args: string[]): Promise<number> {
  const wanted = checkArguments(args)
  const repo = await openRepository()
  const top = wanted.writeBaseline ? baselineTop(repo) : null
  const progress = new ProgressLine()
  const checks: (readonly Silenceable[])[] = []
  const options = {
    onProgress: progress.show,
    onFound: (found: readonly Silenceable[]) => void checks.push(found),
    requireSigned: wanted.requireSigned,
  }
  let result: CheckResult
  try {
    result = await checkSources(repo, wanted.sources, options)
  } finally {
    progress.end()
  }
  if (top !== null) return baseline(top, checks)
  process.stdout.write(await rendered(result, wanted))
  for (const problem of result.problems) printNote(problem)
  printNote(renderSummary(result))
  const below = repo.workTree !== null && process.cwd() !== repo.workTree
  if (below && wanted.format === 'text' && result.findings.some(({ hint }) => hint !== ''))
    printHint('cd "$(git rev-parse --show-toplevel)"    # first: the commands above are for there')
  return hasErrors(result) ? 1 : 0
}

async function checkSources(
  repo: Repository,
  sources: readonly Source[],
  options: CheckOptions,
): Promise<CheckResult> {
  let result: CheckResult | null = null
  for (const source of sources) {
    const found = await checkSource(repo, source, options)
    result = result === null ? found : mergeResults(result, found)
  }
  return result as CheckResult
}

async function checkSource(repo: Repository, source: Source, options: CheckOptions): Promise<CheckResult> {
  switch (source.kind) {
    case 'staged':
      requireWorkTree(repo)
      return checkStaged(repo, options)
    case 'range':
      return checkRange(repo, source.value, options)
    case 'rev':
      return checkRevision(repo, source.value, options)
    case 'all':
      return checkAll(repo, options)
    case 'files':
      return checkFiles(repo, options)
    case 'present':
      return indexAndHead(repo, options)
  }
}

async function indexAndHead(repo: Repository, options: CheckOptions): Promise<CheckResult> {
  const staged = repo.workTree === null ? null : await checkStaged(repo, options)
  const head = await tryGit(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'])
  if (head.code !== 0) return staged ?? NOTHING
  const committed = await checkRevision(repo, 'HEAD', options)
  return staged === null ? committed : mergeResults(staged, committed)
}

async function rendered(result: CheckResult, { format, sources }: CheckArguments): Promise<string> {
  if (format === 'text') return renderFindings(result.findings)
  if (format === 'json') return (await import('./check/render-json.ts')).renderJson(result)
  const [{ renderSarif }, { provenanceOf }] = await Promise.all([
    import('./check/render-sarif.ts'),
    import('./check/provenance.ts'),
  ])
  const [source, other] = sources
  const one = source?.kind === 'rev' && other === undefined ? await provenanceOf(source.value) : null
  return renderSarif(result, one)
}

function baselineTop({ workTree }: Repository): string {
  if (workTree !== null) return workTree
  throw new NixsecretError('usage', 'a bare repository has no place for a baseline: write it in a clone', {
    hints: ['git-nixsecret check --all --write-baseline'],
  })
}

async function baseline(top: string, checks: readonly (readonly Silenceable[])[]): Promise<number> {
  // An empty baseline for want of being told would look like an all-clear.
  if (checks.length === 0) throw new Error('no check told what it found')
  const { writeBaseline } = await import('../guard/silence/write-baseline.ts')
  const { entries, skipped } = writeBaseline(top, checks)
  printNote(`nixsecret-baseline.json has ${entries} ${entries === 1 ? 'entry' : 'entries'} now`)
  if (skipped > 0)
    printNote(`not in it: ${skipped} about what is not committed yet, which can still be mended`)
  printHint('git add :/nixsecret-baseline.json')
  return 0
}
