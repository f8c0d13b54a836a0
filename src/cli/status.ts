import { inScope } from '../blob/protected-files.ts'
import { pending } from '../blob/trust/pending.ts'
import { sayPending } from '../blob/trust/say-pending.ts'
import { displayPath, pathBytes } from '../byte-path.ts'
import type { Repository } from '../git/repository.ts'
import { shownNames } from '../policy/shown-names.ts'
import { pastePath } from '../secret/paste-path.ts'
import { pathArgument } from '../secret/path-argument.ts'
import { protectedFiles } from '../secret/protected-files.ts'
import { Workspace } from '../secret/workspace.ts'
import { type FileState, type FileStatus, PROBLEM_HINT, type ProblemId } from '../setup/file-status.ts'
import { type RepositoryStatus, repositoryStatus } from '../setup/repository-status.ts'
import { openHere } from './here.ts'
import { parseOptions } from './parse-options.ts'
import { type Paint, paintFor, print, printHint, printNote, printWarning, type Style } from './print.ts'
import { ProgressLine } from './progress-line.ts'
import { type Cell, renderTable } from './table.ts'

export const help = `usage: git nixsecret status [--json] [PATH…]

Every protected file, as .gitattributes has them: how it lies in the work tree, who can read it, and what is wrong.
Asks for no passphrase.

  open       plaintext, as git has it             locked     ciphertext: no key here opens it, or it was locked
  modified   changed since it was staged          sealed     is to stay ciphertext in the work tree
  altered    ciphertext that somebody changed     empty      as git has it
  missing    not in the work tree                 skipped    left out by a sparse checkout
  untracked  not in git yet                       unmerged   in a conflict
  not a file a symlink or submodule               removed    only in HEAD any more

A file whose rule in nixsecret.toml says store = "plaintext" is named: its plaintext may enter the Nix store of this
machine, where every user can read it, and sealed builds have it as plaintext too.

  --json     { "version": 1, "files": [ { "path", "state", "sealed", "plaintext", "store", "readers", "opens",
             "recipients", "problems": [ { "id", "message" } ] } ], "problems": N, "accepted" }
             sealed: whether it is to stay ciphertext; plaintext: whether it lies in the work tree as plaintext;
             store: plaintext where the policy lets it into the Nix store, else null; readers: names in the
             policy, or null; opens: whether a key here opens it, or null; recipients: fits, stale, no-digest,
             other-format or
             null; path: in double quotes with C escapes if it is no UTF-8
             ids: plaintext-in-index plaintext-in-head damaged stale other-format altered sealed-open loose-mode no-reader
             symlink submodule overdue; "remark": why it can't be told whether a file is overdue, if so
             accepted: whether you have accepted all of who may read what here ("git nixsecret trust"), or null
             where no policy tells

Exit: 0; 1 where a file has a problem; 2 for a fault, such as a policy that does not parse.
`

const STYLES: Partial<Record<FileState, Style>> = {
  open: 'green',
  modified: 'yellow',
  altered: 'red',
  locked: 'dim',
  sealed: 'dim',
  missing: 'yellow',
  untracked: 'yellow',
  unmerged: 'red',
  'not a file': 'red',
}

/** Runs `status`. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions('status', args, { json: { type: 'boolean' } })
  const space = await Workspace.open(null)
  const scopes = positionals.map((text) => pathArgument(space, text))
  const progress = new ProgressLine('looking at secrets')
  let status: RepositoryStatus
  let trust: Awaited<ReturnType<typeof trustIn>> = null
  try {
    const repo = await openHere(space.repo)
    status = await withOverdue(space, await repositoryStatus(repo, scopes, progress.show), scopes)
    trust = await trustIn(repo, status)
  } finally {
    progress.end()
    space.close()
  }
  const nowhere = scopes.find(
    (scope) => scope !== '' && !status.files.some(({ path }) => inScope(path, [scope])),
  )
  if (nowhere !== undefined) await protectedFiles(space, [nowhere])
  const problems = status.files.reduce((sum, file) => sum + file.problems.length, 0)
  const accepted = trust === null ? null : trust.pending === null
  if (values.json)
    print(JSON.stringify({ version: 1, files: status.files.map(asJson), problems, accepted }, null, 2))
  else printStatus(status, space, accepted)
  for (const fault of status.keyProblems) printWarning(fault.message)
  if (!status.installed && status.files.length > 0) {
    printWarning('git-nixsecret is not set up in this clone: "git add" would store plaintext')
    printHint('git nixsecret init')
  } else if (trust !== null && trust.pending !== null) {
    printWarning(trust.pending)
    printHint('git nixsecret trust')
  }
  if (status.policyFault !== null) throw status.policyFault
  return problems > 0 ? 1 : 0
}

/** What is to be accepted, in words; null where there is no policy that says who may read what. */
async function trustIn(repo: Repository, { policyFault, hasPolicy }: RepositoryStatus) {
  return policyFault === null && hasPolicy ? { pending: sayPending(await pending(repo)) } : null
}

/** With what `rotate` of the policy wants changed; only where it says so is the history looked at. */
async function withOverdue(
  space: Workspace,
  status: RepositoryStatus,
  scopes: Parameters<typeof repositoryStatus>[1],
): Promise<RepositoryStatus> {
  const policy = status.policyFault === null ? await space.policyOrNull() : null
  if (policy === null || [policy.default, ...policy.rules].every(({ rotate }) => rotate === null))
    return status
  const { overdueSecrets } = await import('../secret/rotation/overdue.ts')
  const { overdueText } = await import('./rotation/render.ts')
  const { files } = await protectedFiles(space, [])
  const inside = files.filter(({ path }) => inScope(path, scopes))
  const overdue = new Map((await overdueSecrets(space, policy, inside)).map((one) => [one.path, one]))
  const marked = status.files.map((file) => {
    const one = overdue.get(file.path)
    if (one === undefined) return file
    if (one.unsure !== null) return { ...file, remark: overdueText(one) }
    return { ...file, problems: [...file.problems, { id: 'overdue' as const, message: overdueText(one) }] }
  })
  return { ...status, files: marked }
}

function asJson({ path, ...rest }: FileStatus) {
  const text = pathBytes(path).toString('utf8')
  const faithful = Buffer.from(text, 'utf8').equals(pathBytes(path))
  return { path: faithful ? text : displayPath(path), ...rest }
}

function printStatus(status: RepositoryStatus, space: Workspace, accepted: boolean | null): void {
  const { files } = status
  const paint = paintFor(process.stdout)
  if (files.length === 0) {
    print('no file here is protected')
    if (!status.hasPolicy) printHint('git nixsecret init')
    return
  }
  for (const line of renderTable([heading(paint), ...files.map((file) => row(file, paint))])) print(line)
  print('')
  print(summary(files, paint))
  printHints(status, space, accepted)
}

function heading(paint: Paint): Cell[] {
  return ['STATE', 'FILE', 'READERS', 'PROBLEM'].map((text) => ({ text, shown: paint('dim', text) }))
}

function row(file: FileStatus, paint: Paint): Cell[] {
  const { path, state, readers, problems } = file
  const style = STYLES[state]
  const trouble = problems.map(({ message }) => message)
  const text = [...trouble, ...remarks(file)].join('; ')
  return [
    { text: state, shown: style === undefined ? state : paint(style, state) },
    { text: displayPath(path) },
    { text: readers === null ? '-' : shownNames(readers) },
    { text, shown: paint(trouble.length > 0 ? 'red' : 'dim', text) },
  ]
}

const NO_EFFECT = 'store = "plaintext" changes nothing: it stays ciphertext (filter=nixsecret-sealed)'

/** What is no problem, and worth knowing. */
function remarks({ sealed, store, recipients, remark }: FileStatus): string[] {
  return [
    ...(remark === undefined ? [] : [remark]),
    ...(recipients === 'no-digest' ? ['made by another tool: readers not known'] : []),
    ...(store === null ? [] : [sealed ? NO_EFFECT : 'may enter the Nix store (store = "plaintext")']),
  ]
}

function summary(files: readonly FileStatus[], paint: Paint): string {
  const counts = new Map<FileState, number>()
  for (const { state } of files) counts.set(state, (counts.get(state) ?? 0) + 1)
  const states = [...counts].map(([state, count]) => `${count} ${state}`).join(', ')
  const bad = files.filter((file) => file.problems.length > 0).length
  const verdict = bad === 0 ? paint('green', 'nothing to mend') : paint('red', `${bad} to mend`)
  return `${files.length} ${files.length === 1 ? 'file' : 'files'}: ${states}; ${verdict}`
}

/** One command for each kind of problem. */
function printHints({ files, keys }: RepositoryStatus, space: Workspace, accepted: boolean | null): void {
  const byId = new Map<ProblemId, FileStatus[]>()
  for (const file of files) {
    for (const { id } of file.problems) byId.set(id, [...(byId.get(id) ?? []), file])
  }
  for (const [id, bad] of byId) {
    // Rekey refuses what is not accepted; `trust` says so afterwards.
    if (accepted === false && (id === 'stale' || id === 'other-format')) continue
    const words = bad.slice(0, 8).map((file) => pastePath(space, file.path))
    if (bad.length > words.length) words.push('…')
    printHint(PROBLEM_HINT[id](words.join(' ')))
  }
  const [conflict] = files.filter(({ state, plaintext }) => state === 'unmerged' && !plaintext)
  if (conflict !== undefined) {
    printNote('the conflict is in the ciphertext, where no editor shows it:')
    printHint(
      `git nixsecret edit ${pastePath(space, conflict.path)}    # shows it, and stages what you make of it`,
    )
  }
  const locked = files.filter((file) => file.state === 'locked')
  if (locked.some((file) => file.opens === true)) printHint('git nixsecret unlock')
  else if (locked.length > 0 && keys === 0)
    printNote('you have no key here; git nixsecret doctor says where keys are looked for')
}
