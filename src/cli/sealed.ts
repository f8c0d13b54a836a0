import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { shellWord } from '../age/shell-word.ts'
import { type BytePath, displayPath, displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { runInForeground } from '../host/run-in-foreground.ts'
import { commandEnvironment } from '../store/command-environment.ts'
import { withReference } from '../store/flake-reference.ts'
import { guardCache } from '../store/guard-cache.ts'
import { LockFiles } from '../store/lock-files.ts'
import { refreshTwin, type Twin } from '../store/refresh-twin.ts'
import { repositoryFacts } from '../store/repository-facts.ts'
import { openHere } from './here.ts'
import { printHint, printNote, printWarning } from './print.ts'
import { refreshNews, warnOfLeaks, warnOfTwin } from './sealed/about-twin.ts'

export const help = `usage: git nixsecret sealed [--] COMMAND [ARGUMENT…]

Runs a command in a twin of this directory in which secrets are ciphertext, so that Nix can't copy plaintext to its
store, which every user of the machine can read. Changes that are not committed are in it, as a flake sees them.

  git nixsecret sealed nixos-rebuild switch --flake @sealed@#web1
  git nixsecret sealed nix build @sealed@#x
  git nixsecret sealed nix flake check

@sealed@ in an argument becomes the twin's flake reference, and the command runs here: links like ./result are made here.
Without it, the command runs inside the twin. A flake.lock that the command wrote comes back to the work tree.

Not covered: submodules (empty in the twin), inputs that are other repositories with secrets, names and sizes of files.
Run it as the user whose Nix it is: sudo git nixsecret sealed …, not git nixsecret sealed sudo ….

Exit: that of the command, 128 + N where signal N killed it; 2 where nothing was run.
`

/** Programs that run another as another user, with an environment and a cache of Nix that can't be looked at from here. */
const AS_ANOTHER = new Set(['sudo', 'doas', 'run0', 'pkexec', 'su'])

/** Runs `sealed`. */
export async function run(args: string[]): Promise<number> {
  const [program, ...rest] = commandOf(args)
  const facts = repositoryFacts(process.cwd())
  const repo = await openHere()
  const prefix = prefixBelow(repo.workTree as string)
  const twin = await refreshTwin(repo, refreshNews, facts)
  try {
    warnOfTwin(twin)
    warnOfLeaks(guardCache(twin, process.env))
    const replaced = rest.map((arg) => withReference(arg, twin.place.tree, prefix))
    const here = replaced.some((arg) => arg !== null)
    const locks = new LockFiles(twin.place.tree, twin.top, twin.paths, new Set(twin.sealed))
    const code = await runInForeground([program, ...replaced.map((arg, i) => arg ?? (rest[i] as string))], {
      cwd: here ? process.cwd() : join(twin.place.tree, prefix),
      env: commandEnvironment(process.env),
      onStart: (pid) => twin.user.started(pid),
    })
    await bringBack(locks, twin)
    return code
  } finally {
    twin.user.leave()
  }
}

function commandOf(args: readonly string[]): readonly [string, ...string[]] {
  const [first, ...rest] = args[0] === '--' ? args.slice(1) : args
  if (first === undefined || (args[0] !== '--' && first.startsWith('-'))) {
    const what = first === undefined ? 'a command to run' : `a command before ${displayText(first)}`
    throw new NixsecretError('usage', `sealed wants ${what}`, { hints: ['git-nixsecret sealed --help'] })
  }
  if (AS_ANOTHER.has(first.slice(first.lastIndexOf('/') + 1))) {
    throw new NixsecretError(
      'refused',
      `${displayText(first)} runs Nix as another user, whose cache can't be checked here`,
      {
        hints: [`${first} git nixsecret sealed ${rest.map(shellWord).join(' ')}`],
      },
    )
  }
  return [first, ...rest]
}

/** The user's directory below the top of the work tree, with a slash at its end; empty at the top. */
function prefixBelow(top: string): string {
  const [from, here] = [realpathSync(top), realpathSync(process.cwd())]
  return here === from ? '' : `${here.slice(from === '/' ? 1 : from.length + 1)}/`
}

async function bringBack(locks: LockFiles, twin: Twin): Promise<void> {
  const { written, refused } = await locks.bringBack({ cwd: twin.top })
  for (const path of written)
    printNote(`${displayPath(path)} was written by the command, and is in the work tree now`)
  for (const path of refused) {
    printWarning(`${displayPath(path)} was changed here while the command ran; what it wrote is in the twin`)
    printHint(`cp ${paste(twin.place.tree, path)} ${paste(twin.top, path)}`)
  }
}

function paste(top: string, path: BytePath): string {
  return shellWord(`${top}/${Buffer.from(path, 'latin1').toString('utf8')}`)
}
