import { homedir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { NixsecretError } from '../../errors.ts'
import { planSops } from '../../migrate/sops/plan-sops.ts'
import { Workspace } from '../../secret/workspace.ts'
import { ownKeys } from '../../setup/own-key.ts'
import { askOnTerminal } from '../ask-on-terminal.ts'
import { parseOptions, refuseOperands } from '../parse-options.ts'
import { IMPORT_OPTIONS, importHelp, runPlan } from './run-plan.ts'

export const help = `usage: git nixsecret import sops [--open | --as age --into DIR] [--dry-run] [--json]

Puts the SOPS documents that git tracks under git-nixsecret: YAML, JSON, dotenv, INI and binary, as far as age keys open
them. Each keeps its readers, and gets a rule with format = "sops". The files stay where they are, byte for byte, and stay
ciphertext in the work tree (filter=nixsecret-sealed), so sops and sops-nix go on working with them. Readers are named as
anchors and comments of .sops.yaml name them.

  --open      plaintext in the work tree of those who hold a key (filter=nixsecret); builds then need
              "git nixsecret sealed"
  --as age    copies as age files, with --into DIR; the documents stay as they are
  --into DIR  where copies go, each at its own path below it
${importHelp(14)}
`

const OPTIONS = {
  ...IMPORT_OPTIONS,
  open: { type: 'boolean' },
  as: { type: 'string' },
  into: { type: 'string' },
} as const

/** Runs `import sops`. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions('import sops', args, OPTIONS)
  refuseOperands('import sops', positionals)
  if (values.as !== undefined && values.as !== 'age') throw usage('--as takes age')
  if ((values.as === undefined) !== (values.into === undefined))
    throw usage('--as age and --into DIR go together')
  if (values.open && values.into !== undefined)
    throw usage('--open is for documents that stay where they are')
  const space = await Workspace.open(askOnTerminal)
  try {
    const { keys } = await ownKeys(space.top, null)
    const plan = await planSops(space, {
      open: values.open ?? false,
      into: values.into === undefined ? null : below(space.top, values.into),
      keyFiles: keyFiles(),
      own: keys.flatMap(({ publicKey }) => (publicKey === null ? [] : [publicKey])),
    })
    return await runPlan(space, plan, {
      dryRun: values['dry-run'] ?? false,
      json: values.json ?? false,
      reseal: false,
    })
  } finally {
    space.close()
  }
}

/** Where sops looks for age keys (https://getsops.io/docs/#encrypting-using-age). */
function keyFiles(): string[] {
  const config = process.env.XDG_CONFIG_HOME || join(homedir(), '.config')
  return [process.env.SOPS_AGE_KEY_FILE ?? '', join(config, 'sops/age/keys.txt')].filter(
    (file) => file !== '',
  )
}

function below(top: string, directory: string): string {
  const path = relative(top, resolve(process.cwd(), directory))
  if (path === '' || path === '..' || path.startsWith('../'))
    throw usage('--into needs a directory below the top of this repository')
  return path
}

function usage(message: string): NixsecretError {
  return new NixsecretError('usage', message, { hints: ['git nixsecret import sops --help'] })
}
