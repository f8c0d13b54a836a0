import { parseOptions, refuseOperands } from '../parse-options.ts'
import { FILTER_OPTIONS, importFilter } from './import-filter.ts'
import { importHelp } from './run-plan.ts'

export const help = `usage: git nixsecret import transcrypt [--to NAME…] [--dry-run] [--json]

Takes over what transcrypt encrypts: each file that .gitattributes gives to its filter is opened by git, through that filter, and
sealed for the readers of nixsecret.toml at the same path. Below the lines of transcrypt in .gitattributes come lines of
git-nixsecret, which win. Nothing of transcrypt is taken out; the report says what can go, and when. It is all files or none.
A wrong password may open a file to rubbish without a word: what comes out must make the very
same ciphertext again, or nothing comes in.

  --to NAME   readers of everything that comes in: a name, @group or public key; may be repeated. Default: whom
              nixsecret.toml names
${importHelp(14)}
`

const { readers: _, ...OPTIONS } = FILTER_OPTIONS

/** Runs `import transcrypt`. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions('import transcrypt', args, OPTIONS)
  refuseOperands('import transcrypt', positionals)
  return importFilter('transcrypt', values)
}
