import type { BytePath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { tryGit } from '../git/run-git.ts'
import { unlockFiles } from '../secret/lock-files.ts'
import { namePaths, pastePath } from '../secret/paste-path.ts'
import { pathArgument } from '../secret/path-argument.ts'
import { identityHint, keysSaid, UNLOCK_IN_TERMINAL } from '../secret/read-secret.ts'
import { whyLocked } from '../secret/why-locked.ts'
import { Workspace } from '../secret/workspace.ts'
import { parseOptions } from './parse-options.ts'
import { print, printHint, printNote, printWarning } from './print.ts'
import { countFiles } from './secret/count-files.ts'
import { jsonLists } from './secret/json-path.ts'

export const help = `usage: git nixsecret unlock [--json] [PATH…]

Turns locked secrets in this work tree back into plaintext: all of them, or those at the files and directories named,
as far as a private key here opens them. A locked file that was changed is left alone.

  --json   what was done, for machines: {"opened": […], "stillLocked": […], "changed": […], "sealed": […]}

Exit code 1: some files stay locked.
`

/** Runs `unlock`. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions('unlock', args, { json: { type: 'boolean' } })
  // git's filter asks for a passphrase itself, if one is needed.
  const space = await Workspace.open(null)
  try {
    await requireSetUp(space)
    const scopes = positionals.map((name) => pathArgument(space, name))
    const done = await unlockFiles(space, scopes)
    if (values.json) print(jsonLists({ ...done }))
    else printNote(`unlocked ${countFiles(done.opened.length)}`)
    if (done.sealed.length > 0 && (scopes.length > 0 || done.opened.length === 0)) {
      printNote(`kept as ciphertext by .gitattributes (filter=nixsecret-sealed): ${namePaths(done.sealed)}`)
      printHint(`git nixsecret edit ${paste(space, done.sealed.slice(0, 1))}    # or show, or set`)
    }
    if (done.stillLocked.length > 0) await printWhy(space, done.stillLocked)
    if (done.changed.length > 0) await printChanged(space, done.changed)
    return done.stillLocked.length + done.changed.length === 0 ? 0 : 1
  } finally {
    space.close()
  }
}

/** It is git that decrypts, by our filter. */
async function requireSetUp(space: Workspace): Promise<void> {
  const { code } = await tryGit(['config', '--get', 'filter.nixsecret.process'], space.git)
  if (code === 0) return
  throw new NixsecretError('missing', 'git-nixsecret is not set up in this clone, so git decrypts nothing', {
    hints: ['git nixsecret init'],
  })
}

async function printWhy(space: Workspace, paths: readonly BytePath[]): Promise<void> {
  const why = await whyLocked(paths, { ...space.git, cwd: space.top })
  if (why.damaged.length > 0) {
    printWarning(`damaged in git: ${namePaths(why.damaged)}`)
    printHint(`git log --oneline -- ${paste(space, why.damaged)}    # restore an earlier version`)
  }
  if (why.passphrase.length > 0) {
    printWarning(`a key here needs its passphrase, which was not given: ${namePaths(why.passphrase)}`)
    printHint(UNLOCK_IN_TERMINAL)
  }
  if (why.agentFault !== null && why.agent.length > 0) {
    printWarning(`${why.agentFault.message}: ${namePaths(why.agent)}`)
    for (const hint of why.agentFault.hints) printHint(hint)
  }
  if (why.plugin.length > 0) {
    printWarning(`what age plugins here could open, and did not: ${namePaths(why.plugin)}`)
    printHint('git nixsecret doctor    # are the plugins there?')
    printHint(UNLOCK_IN_TERMINAL)
  }
  const foreign = [...why.foreign, ...why.openable]
  if (foreign.length === 0) return
  await space.keys.identities()
  printWarning(`no private key here opens ${namePaths(foreign)}${await keysSaid(space)}`)
  for (const hint of await identityHint(space)) printHint(hint)
}

async function printChanged(space: Workspace, paths: readonly BytePath[]): Promise<void> {
  printWarning(`changed while locked, so left alone: ${namePaths(paths)}`)
  const { openable } = await whyLocked(paths, { ...space.git, cwd: space.top })
  if (openable.length > 0) {
    printNote(`a key here opens what ${namePaths(openable)} holds now; git does not have that yet`)
    printHint(`git add ${paste(space, openable)} && git nixsecret unlock`)
  }
  if (openable.length === paths.length) return
  printHint('git nixsecret set PATH')
  printHint('git checkout -- PATH')
}

function paste(space: Workspace, paths: readonly BytePath[]): string {
  return paths
    .slice(0, 10)
    .map((path) => pastePath(space, path))
    .join(' ')
}
