import { resolve } from 'node:path'
import { planAgenix } from '../../migrate/agenix/plan-agenix.ts'
import { Workspace } from '../../secret/workspace.ts'
import { askOnTerminal } from '../ask-on-terminal.ts'
import { parseOptions, refuseOperands } from '../parse-options.ts'
import { IMPORT_OPTIONS, importHelp, runPlan } from './run-plan.ts'

export const help = `usage: git nixsecret import agenix [--rules FILE] [--open] [--reseal] [--dry-run] [--json]

Puts the .age files that secrets.nix names under git-nixsecret. Each keeps its readers: publicKeys become recipients of
nixsecret.toml, named as secrets.nix names them. The files stay where they are, byte for byte, and stay ciphertext in the
work tree (filter=nixsecret-sealed), so agenix and its module go on working with them.

  --rules FILE  default $RULES, else ./secrets.nix, else secrets.nix or secrets/secrets.nix at the top; Nix evaluates it
                if nix-instantiate is there, without a store; else what is plain data is read. A .json is what Nix prints
  --open        plaintext in the work tree of those who hold a key (filter=nixsecret); builds then need
                "git nixsecret sealed"
  --reseal      encrypt again what a key here opens, so that each file says whom it is for, as rekey does
${importHelp(16)}
`

const OPTIONS = {
  ...IMPORT_OPTIONS,
  rules: { type: 'string' },
  open: { type: 'boolean' },
  reseal: { type: 'boolean' },
} as const

/** Runs `import agenix`. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions('import agenix', args, OPTIONS)
  refuseOperands('import agenix', positionals)
  const space = await Workspace.open(askOnTerminal)
  try {
    const cwd = process.cwd()
    const rules = values.rules === undefined ? null : resolve(cwd, values.rules)
    const plan = await planAgenix(space, cwd, { rules, open: values.open ?? false })
    return await runPlan(space, plan, {
      dryRun: values['dry-run'] ?? false,
      json: values.json ?? false,
      reseal: values.reseal ?? false,
    })
  } finally {
    space.close()
  }
}
