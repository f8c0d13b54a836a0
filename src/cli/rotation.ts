import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { namePaths, pastePath } from '../secret/paste-path.ts'
import { findOutstanding } from '../secret/rotation/find-outstanding.ts'
import type { Outstanding, RotationReport } from '../secret/rotation/outstanding.ts'
import { Workspace } from '../secret/workspace.ts'
import { askOnTerminal } from './ask-on-terminal.ts'
import { openWithIndex } from './here.ts'
import { parseOptions, refuseOperands } from './parse-options.ts'
import { print, printHint, printNote, printWarning } from './print.ts'
import { ProgressLine } from './progress-line.ts'
import { asJson } from './rotation/as-json.ts'
import { renderExposed, renderOutstanding, renderOverdue } from './rotation/render.ts'
import { countFiles } from './secret/count-files.ts'

export const help = `usage: git nixsecret rotation [--recipient NAME] [--json]

Which secrets somebody knows who should not: every secret that a recipient who is no reader of it any more could read in
any commit of any branch or tag, and whose plaintext is still the same, at whatever path it was then. Keys count, not
names: of a name that has another key now, the old key has left. A secret that is in no file of the index any more is not
listed.

With rotate = "90d" (d, w or y) in [default] or a [[rule]] of nixsecret.toml: those, too, whose plaintext has not changed for
that long, by the dates of commits.

Plaintexts are compared in memory, with your keys. Where one can't be opened here the secret is listed, with why.

  --recipient NAME   only what that recipient knows, or any key that ever had that name
  --json             { "version": 1, "outstanding": [ { "path", "recipient", "names", "key",
                     "lost": { "commit", "date" } or null, "lostHow": commit, moved, uncommitted or elsewhere,
                     "opened": { "path", "commit", "blob" }, "stillSealed", "unsure" } ],
                     "exposed": [ { "path", "opened" } ],
                     "overdue": [ { "path", "days", "unsure" } ], "unknown": [ path ], "unmerged": [ path ], "secrets": N }

Exit: 0; 1 while anything is to be changed; 2 for a fault.
`

/** Runs `rotation`. */
export async function run(args: string[]): Promise<number> {
  const options = { recipient: { type: 'string' }, json: { type: 'boolean' } } as const
  const { values, positionals } = parseOptions('rotation', args, options)
  refuseOperands('rotation', positionals)
  const space = await Workspace.open(askOnTerminal, await openWithIndex('rotation'))
  try {
    const report = await reportOf(space, values.recipient ?? null)
    if (values.json) print(JSON.stringify(asJson(report), null, 2))
    else printReport(space, report)
    for (const { message } of space.keys.problems) printWarning(message)
    const due = report.overdue.filter(({ unsure }) => unsure === null)
    return report.outstanding.length + report.exposed.length + due.length > 0 ? 1 : 0
  } finally {
    space.close()
  }
}

async function reportOf(space: Workspace, name: string | null): Promise<RotationReport> {
  const lines = new Map<string, ProgressLine>()
  try {
    const { report, hasName } = await findOutstanding(space, (what, done, total) => {
      let line = lines.get(what)
      if (line === undefined) {
        for (const before of lines.values()) before.end()
        line = new ProgressLine(what)
        lines.set(what, line)
      }
      line.show(done, total)
    })
    if (name === null) return report
    if (!hasName(name))
      throw new NixsecretError(
        'missing',
        `no nixsecret.toml in any commit has had a recipient ${displayText(name)}`,
        {
          hints: ['git nixsecret recipient list'],
        },
      )
    return {
      ...report,
      exposed: [],
      overdue: [],
      outstanding: report.outstanding.filter(({ names }) => names.includes(name)),
    }
  } finally {
    for (const line of lines.values()) line.end()
  }
}

function printReport(space: Workspace, report: RotationReport): void {
  const { outstanding, exposed, overdue, secrets, unknown, unmerged } = report
  for (const line of [
    ...renderOutstanding(outstanding),
    ...renderExposed(exposed),
    ...renderOverdue(overdue),
  ])
    print(line)
  if (unknown.length > 0) {
    const what =
      'has a version that does not say for whom it was sealed: who may have read it is taken from nixsecret.toml'
    printNote(`${namePaths(unknown)} ${what}`)
  }
  if (unmerged.length > 0) printWarning(`in conflict, and not looked at: ${namePaths(unmerged)}`)
  const due = overdue.filter(({ unsure }) => unsure === null)
  const paths = [...new Set([...outstanding, ...exposed, ...due].map(({ path }) => path))]
  if (paths.length === 0)
    printNote(`nothing to change: ${countFiles(secrets)}, none is known to who should not, none is overdue`)
  else {
    printNote(`${paths.length} of ${countFiles(secrets)} to be changed`)
    printChangeHints(space, outstanding, paths)
  }
}

/** What to do about secrets that somebody knows. */
export function printChangeHints(
  space: Workspace,
  outstanding: readonly Outstanding[],
  paths: readonly Outstanding['path'][],
): void {
  if (outstanding.some(({ stillSealed }) => stillSealed))
    printHint('git nixsecret rekey    # first: they can read these still')
  const [first] = paths
  if (first === undefined) return
  const word = pastePath(space, first)
  printHint(
    `git nixsecret edit ${word}    # or: git nixsecret set ${word} < FILE, or git nixsecret generate --force --kind KIND ${word}`,
  )
}
