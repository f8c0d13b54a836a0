#!/usr/bin/env node
// The edge of the process: picks what to load, and turns what is thrown into messages and exit codes.
// git starts the four plumbing commands by the thousand, so nothing else may be loaded before them; hooks run at every
// commit, and `sealed` before every build.

const PLUMBING = ['filter-process', 'clean', 'smudge', 'merge-driver']

async function run(args: string[]): Promise<number> {
  const [name, ...rest] = args
  const help = rest.length === 1 && rest[0] === '--help'
  if (name !== undefined && PLUMBING.includes(name) && !help) {
    const { runPlumbing } = await import('./cli/plumbing.ts')
    return runPlumbing(name, rest)
  }
  if (name === 'hook' && !help) {
    const hook = await import('./cli/hook.ts')
    return hook.run(rest)
  }
  if ((name === 'sealed' || name === 'flake-ref') && !help && rest[0] !== '-h') {
    const { runTwinCommand } = await import('./cli/twin-commands.ts')
    return runTwinCommand(name, rest)
  }
  const main = await import('./cli/main.ts')
  return main.run(args)
}

async function fault(error: unknown): Promise<number> {
  // Who reads our output has gone (`| head`): end as other programs do on SIGPIPE, without a word.
  if ((error as { code?: unknown } | null)?.code === 'EPIPE') return 141
  const { printFault } = await import('./cli/print.ts')
  return printFault(error)
}

// Errors of a stream that nobody waits for (stdout closed by its reader) end here.
process.on('uncaughtException', (error) => {
  fault(error).then(
    (code) => process.exit(code),
    () => process.exit(70),
  )
})

// Should Node run out of work before we are done, then not as if all were well.
process.exitCode = 70

run(process.argv.slice(2))
  .catch(fault)
  .then((code) => {
    process.exitCode = code
  })
