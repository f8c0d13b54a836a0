import { displayText } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { runProgram } from '../../host/run-program.ts'
import type { AgenixRule } from './agenix-rules.ts'
import { rulesFromJson } from './rules-from-json.ts'

/**
 * What agenix asks of a rule (pkgs/agenix.sh), for all of them at once. The path comes as an argument, never as text of
 * an expression.
 */
const EXPRESSION = `{ file }: builtins.mapAttrs
  (_: rule: { inherit (rule) publicKeys; armor = rule.armor or false; })
  (import (/. + file))`

/** Without a store: nothing can be copied to it, whatever the file does. */
const ARGUMENTS = ['--eval', '--strict', '--json', '--store', 'dummy://']

/**
 * Has Nix evaluate `secrets.nix`, as agenix does. That runs what the file says, which is the user's own: it may read
 * files and the environment, but write nothing.
 * @param file absolute
 * @returns null where there is no Nix
 * @throws NixsecretError `format` where Nix can't evaluate it
 */
export async function rulesByNix(file: string, cwd: string): Promise<AgenixRule[] | null> {
  try {
    const args = [...ARGUMENTS, '--argstr', 'file', file, '--expr', EXPRESSION]
    const { code, stdout, stderr } = await runProgram('nix-instantiate', args, { cwd })
    if (code === 0) return rulesFromJson(stdout.toString('utf8'), file)
    throw notEvaluated(file, stderr)
  } catch (fault) {
    if (fault instanceof NixsecretError && fault.code === 'missing') return null
    throw fault
  }
}

function notEvaluated(file: string, stderr: string): NixsecretError {
  const lines = stderr.split('\n').map((line) => line.replace(/\x1b\[[0-9;]*m/g, '').trim())
  const said = lines.filter((line) => /^error:/.test(line) && line !== 'error:').at(-1)
  const last = said ?? lines.filter((line) => line !== '').at(-1) ?? 'no reason given'
  const why = displayText(last.replace(/^error: */, ''))
  return new NixsecretError('format', `Nix cannot evaluate ${displayText(file)}: ${why}`, {
    hints: [
      'nix-instantiate --eval --strict --json secrets.nix > rules.json && git nixsecret import agenix --rules rules.json',
    ],
  })
}
