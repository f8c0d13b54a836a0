import { planAgecrypt } from '../../migrate/agecrypt/plan-agecrypt.ts'
import { Workspace } from '../../secret/workspace.ts'
import { askOnTerminal } from '../ask-on-terminal.ts'
import { parseOptions, refuseOperands } from '../parse-options.ts'
import { IMPORT_OPTIONS, importHelp, runPlan } from './run-plan.ts'

export const help = `usage: git nixsecret import git-agecrypt [--reseal] [--dry-run] [--json]

Takes over what git-agecrypt encrypts here: each file keeps the readers that git-agecrypt.toml names for it, and its blob
in git; in the work tree it stays plaintext. Below each line of .gitattributes that names filter=git-agecrypt comes one of
ours, which wins. The program git-agecrypt is not needed.

  --reseal    encrypt again what a key here opens, so that each blob says whom it is for, as rekey does
${importHelp(14)}
`

const OPTIONS = { ...IMPORT_OPTIONS, reseal: { type: 'boolean' } } as const

/** Runs `import git-agecrypt`. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions('import git-agecrypt', args, OPTIONS)
  refuseOperands('import git-agecrypt', positionals)
  const space = await Workspace.open(askOnTerminal)
  try {
    return await runPlan(space, await planAgecrypt(space), {
      dryRun: values['dry-run'] ?? false,
      json: values.json ?? false,
      reseal: values.reseal ?? false,
    })
  } finally {
    space.close()
  }
}
