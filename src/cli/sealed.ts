import { lstatSync, readdirSync, readlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { shellWord } from '../age/shell-word.ts'
import { type BytePath, displayPath, displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { listUntracked } from '../git/list-untracked.ts'
import { storeDir } from '../host/nix-dirs.ts'
import { runInForeground } from '../host/run-in-foreground.ts'
import { commandEnvironment } from '../store/command-environment.ts'
import { withReference } from '../store/flake-reference.ts'
import { guardCache } from '../store/guard-cache.ts'
import type { BroughtBack } from '../store/lock-files.ts'
import { openTreeArgument } from '../store/open-tree-argument.ts'
import type { Twin } from '../store/refresh-twin.ts'
import { printHint, printNote, printWarning } from './print.ts'
import { nameSome, warnOfLeaks, warnOfTwin } from './sealed/about-twin.ts'
import { openTwin, prefixBelow } from './sealed/open-twin.ts'

export const help = `usage: git nixsecret sealed [--] COMMAND [ARGUMENT…]

Runs a command in a twin of this directory in which secrets are ciphertext, so that Nix can't copy plaintext to its
store, which every user of the machine can read. Changes that are not committed are in it, as a flake sees them.

  git nixsecret sealed nixos-rebuild switch --flake @sealed@#web1
  git nixsecret sealed nix build @sealed@#x
  git nixsecret sealed nix flake check

@sealed@ in an argument becomes the twin's flake reference, and the command runs here: links like ./result are made
here. Without it, the command runs inside the twin. A flake.lock that the command wrote comes back to the work tree;
nothing else that it changes there does. Files that git does not track are not in the twin.

Not covered: submodules (empty in the twin), inputs that are other repositories with secrets, names and sizes of files.
Run it as the user whose Nix it is: sudo git nixsecret sealed …, not git nixsecret sealed sudo ….

Exit: that of the command, 128 + N where signal N killed it; 2 where nothing was run.
`

/** Programs that run another as another user, with an environment and a cache of Nix that can't be looked at from here. */
const AS_ANOTHER = new Set(['sudo', 'doas', 'run0', 'pkexec', 'su'])

/** Runs `sealed`. */
export async function run(args: string[]): Promise<number> {
  const [program, ...rest] = commandOf(args)
  const { held, owner } = await openTwin()
  const { place } = held.twin
  try {
    warnOfTwin(held.twin)
    warnOfLeaks(await guardCache(held.twin, process.env, owner === null))
    const prefix = prefixBelow(held.twin)
    const replaced = rest.map((arg) => withReference(arg, place.tree, prefix))
    const inside = replaced.every((arg) => arg === null) ? join(place.tree, prefix) : null
    for (const [at, arg] of rest.entries())
      if (replaced[at] === null) refuseOpenTree(arg, inside ?? process.cwd(), held.twin)
    const before = inside === null ? null : resultsIn(inside)
    const env = commandEnvironment(process.env)
    // Git and Nix let root use what belongs to whoever called sudo, and trusted this repository before.
    if (owner !== null) env.SUDO_UID ??= String(owner)
    const code = await runInForeground([program, ...replaced.map((arg, i) => arg ?? (rest[i] as string))], {
      cwd: inside ?? process.cwd(),
      env,
      onStart: (pid) => held.started(pid),
    })
    reportEnd(await held.end(), held.twin)
    // It may have fetched the open work tree by a name of the registry, or in a way that no argument shows. What can't be
    // looked at is for the next run to refuse: this command has run.
    warnOfLeaks(await guardCache(held.twin, process.env, owner === null).catch(() => []))
    if (inside !== null && before !== null) reportResults(resultsIn(inside), before)
    if (code !== 0 && code < 128 && owner === null) await noteUntracked(held.twin)
    return code
  } finally {
    held.leave()
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

/** Nix would copy the work tree itself, and all would seem well. */
function refuseOpenTree(arg: string, cwd: string, { top, place }: Twin): void {
  // `place.dir` is `nixsecret/twin` below the git directory.
  const path = openTreeArgument(arg, cwd, top, dirname(dirname(place.dir)))
  if (path === null) return
  throw new NixsecretError('refused', `${displayText(arg)} is in the open work tree, not its twin`, {
    hints: [`write @sealed@ for ${displayText(process.cwd())}, and @sealed@/… for what is below it`],
  })
}

function reportEnd({ written, refused }: BroughtBack, { place, top }: Twin): void {
  for (const path of written)
    printNote(`${displayPath(path)} was written by the command, and is in the work tree now`)
  for (const path of refused) {
    printWarning(`${displayPath(path)} was changed here while the command ran; what it wrote is in the twin`)
    printHint(`cp ${paste(place.tree, path)} ${paste(top, path)}`)
  }
}

/** A command that failed may have missed what a beginner has not added yet. */
async function noteUntracked({ top }: Twin): Promise<void> {
  const { files } = await listUntracked(false, { cwd: top }).catch(() => ({ files: [] }))
  if (files.length === 0) return
  printNote(`not in the twin, since git does not track them: ${nameSome(files)}`)
  printHint('git add --intent-to-add PATH…')
}

function paste(top: string, path: BytePath): string {
  return shellWord(`${top}/${Buffer.from(path, 'latin1').toString('utf8')}`)
}

/** Links to the store that builds leave in a directory, with where they lead and which link it is. */
function resultsIn(dir: string): Map<string, { target: string; inode: bigint }> {
  const results = new Map<string, { target: string; inode: bigint }>()
  try {
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      if (!entry.isSymbolicLink() || !entry.name.startsWith('result')) continue
      const file = join(dir, entry.name)
      const target = readlinkSync(file)
      if (target.startsWith(`${storeDir()}/`))
        results.set(entry.name, { target, inode: lstatSync(file, { bigint: true }).ino })
    }
  } catch {}
  return results
}

function reportResults(now: ReturnType<typeof resultsIn>, before: ReturnType<typeof resultsIn>): void {
  for (const [name, { target, inode }] of now) {
    // Nix makes a link anew even if it leads where it did.
    if (before.get(name)?.inode === inode) continue
    printNote(`${displayText(name)} is in the twin, and leads to ${displayText(target)}; to have it here:`)
    printHint(`nix-store --realise ${shellWord(target)} --add-root ${shellWord(`./${name}`)} --indirect`)
  }
}
