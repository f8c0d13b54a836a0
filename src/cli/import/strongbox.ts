import { parseOptions, refuseOperands } from '../parse-options.ts'
import { FILTER_OPTIONS, importFilter } from './import-filter.ts'
import { importHelp } from './run-plan.ts'

export const help = `usage: git nixsecret import strongbox [--to NAME…] [--dry-run] [--json]

Takes over what strongbox encrypts: each file that .gitattributes gives to its filter is opened by git, through that filter, and
sealed for the readers of nixsecret.toml at the same path. Below the lines of strongbox in .gitattributes come lines of
git-nixsecret, which win. Nothing of strongbox is taken out; the report says what can go, and when. It is all files or none.
Files that strongbox has no key for are told by what comes out, and nothing comes in.

  --to NAME   readers of everything that comes in: a name, @group or public key; may be repeated. Default: whom
              nixsecret.toml names
${importHelp(14)}
`

const { readers: _, ...OPTIONS } = FILTER_OPTIONS

/** Runs `import strongbox`. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions('import strongbox', args, OPTIONS)
  refuseOperands('import strongbox', positionals)
  return importFilter('strongbox', values)
}
