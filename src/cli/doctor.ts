import { openRepository } from '../git/repository.ts'
import { examine } from '../setup/doctor/examine.ts'
import type { Diagnosis, Level } from '../setup/doctor/finding.ts'
import { examineServer } from '../setup/doctor/server.ts'
import { openHere } from './here.ts'
import { parseOptions, refuseOperands } from './parse-options.ts'
import { paintFor, print, type Style } from './print.ts'

export const help = `usage: git nixsecret doctor [--json]

Looks whether everything that keeps secrets encrypted is really in force in this worktree: git's configuration as
it counts here, the hooks, the policy against .gitattributes, your keys, the protected files, where plaintext may be
written beside them, and what gives Nix the open work tree (scripts, CI, .envrc, editors, /etc/nixos). In a bare
repository: whether pushes are judged. Changes nothing.
Each line that is not ok comes with a command to paste.

  --json   { "version": 1, "checks": [ { "id", "level", "message", "hints" } ] }; level: ok, warning or problem

Exit: 0; 1 where there is a problem (warnings do not count); 2 for a fault.
`

const MARKS: Readonly<Record<Level, readonly [Style, string]>> = {
  ok: ['green', 'ok'],
  warning: ['yellow', 'warning'],
  problem: ['red', 'PROBLEM'],
}

/** Runs `doctor`. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions('doctor', args, { json: { type: 'boolean' } })
  refuseOperands('doctor', positionals)
  const repo = await openRepository()
  const checks = repo.workTree === null ? await examineServer(repo) : await examine(await openHere(repo))
  if (values.json) print(JSON.stringify({ version: 1, checks }, null, 2))
  else printChecks(checks)
  return checks.some(({ level }) => level === 'problem') ? 1 : 0
}

function printChecks(checks: readonly Diagnosis[]): void {
  const paint = paintFor(process.stdout)
  for (const { level, message, hints } of checks) {
    const [style, mark] = MARKS[level]
    print(`${paint(style, mark.padEnd(7))}  ${message}`)
    for (const hint of hints) print(`         ${paint('blue', 'hint:')} ${hint}`)
  }
  const number = (wanted: Level) => checks.filter(({ level }) => level === wanted).length
  const [problems, warnings] = [number('problem'), number('warning')]
  print('')
  print(
    problems + warnings === 0
      ? paint('green', 'all is well')
      : `${counted(problems, 'problem')}, ${counted(warnings, 'warning')}`,
  )
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
