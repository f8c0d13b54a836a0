import { resolve } from 'node:path'
import { shellWord } from '../age/shell-word.ts'
import type { OpenedFiles } from '../blob/open-sealed.ts'
import { OwnChange } from '../blob/trust/accept.ts'
import { loadTrust } from '../blob/trust/trust-state.ts'
import { type BytePath, displayPath, displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { openRepository, type Repository, requireWorkTree } from '../git/repository.ts'
import { namePaths } from '../secret/paste-path.ts'
import { UNLOCK_IN_TERMINAL } from '../secret/read-secret.ts'
import { whyLocked } from '../secret/why-locked.ts'
import type { FilterScheme } from '../setup/filter-scheme.ts'
import { lineToAdd } from '../setup/hook-text.ts'
import { fileToEdit } from '../setup/hooks-place.ts'
import { type InitReport, initRepository, isTop } from '../setup/init-repository.ts'
import { openLocked } from '../setup/open-locked.ts'
import { sealedOpen } from '../setup/sealed-open.ts'
import { startTrust } from '../setup/start-trust.ts'
import { trackedPlaintext } from '../setup/tracked-plaintext.ts'
import { openHere } from './here.ts'
import { printNext } from './init/print-next.ts'
import { printStart } from './init/print-start.ts'
import { parseOptions, refuseOperands } from './parse-options.ts'
import { paintFor, print, printHint, printNote, printWarning } from './print.ts'

export const help = `usage: git nixsecret init [options]

Sets this repository up, once for each clone: git's filter, diff and merge drivers, the hooks that stop plaintext
from being committed or pushed, and, if there is none yet, the policy (nixsecret.toml) and the lines in
.gitattributes that say what is encrypted. In a clone that has a policy it shows who reads what, takes that as accepted
("git nixsecret trust" is for what changes later), and decrypts what your key opens. Again, it changes nothing.

  --identity FILE         your private key (age, OpenSSH, or an age plugin's), or the .pub file of one in ssh-agent;
                          else $NIXSECRET_IDENTITY,
                          ~/.config/git-nixsecret/identity.txt, ~/.ssh/id_ed25519 or ~/.ssh/id_rsa
  --recipient [NAME=]KEY  who else can read: age1…, ssh-ed25519 … or ssh-rsa …, or age1NAME1… of an age
                          plugin; may be repeated
  --path GLOB             what is encrypted, as in .gitattributes, from the top of the repository; a directory means
                          everything below it; may be repeated (default: secrets/**)
  --sealed                these files stay ciphertext in the work tree, even for those who hold a key: show, edit and
                          set work on them. With a --path that is protected already, it changes its line to that
  --global                only the drivers, for every repository of yours; no hooks
  --no-hooks              install no hooks
  --server                for a repository that is pushed to, as a rule a bare one: only the hook (pre-receive) that
                          judges every push, whatever ran at the other end. Needs no key
`

const OPTIONS = {
  identity: { type: 'string' },
  recipient: { type: 'string', multiple: true },
  path: { type: 'string', multiple: true },
  sealed: { type: 'boolean' },
  global: { type: 'boolean' },
  'no-hooks': { type: 'boolean' },
  server: { type: 'boolean' },
} as const

/** Runs `init`. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions('init', args, OPTIONS)
  refuseOperands('init', positionals)
  if (values.server) {
    const { runServer } = await import('./init-server.ts')
    return runServer(Object.keys(values))
  }
  if (values.global) {
    const { runGlobal } = await import('./init-global.ts')
    return runGlobal(Object.keys(values))
  }
  const repo = await openForInit()
  const paths = values.path ?? []
  const own = paths.length > 0 && loadTrust(repo).state !== null ? await OwnChange.begin(repo) : null
  const report = await initRepository(repo, {
    identity: values.identity === undefined ? null : resolve(values.identity),
    recipients: values.recipient ?? [],
    paths,
    sealed: values.sealed ?? false,
    hooks: !(values['no-hooks'] ?? false),
  })
  await own?.accept((text) => text, { policy: report.policy?.text ?? null, attributes: true })
  const start = await startTrust(repo)
  const opened = await openLocked(repo)
  const { plaintext, foreign } = await trackedPlaintext(repo)
  printReport(report, opened, isTop(requireWorkTree(repo)))
  if (start !== null && report.policy === null) printStart(start)
  if (plaintext.length > 0) printPlaintext(plaintext)
  const toSeal = await sealedOpen(repo)
  if (toSeal.length > 0)
    printWarning(
      `${files(toSeal.length)} still plaintext here, though to stay ciphertext: ${namePaths(toSeal)}`,
    )
  if (foreign.size > 0) {
    // Nothing is to be renormalized before: an import knows readers and exceptions, and compares.
    for (const [scheme, paths] of foreign) printForeign(scheme, paths)
  } else if (report.attributes.length > 0 || plaintext.length > 0 || toSeal.length > 0) {
    printNext(repo, { report, renormalize: plaintext.length > 0, toSeal })
  }
  if (report.policy === null && plaintext.length === 0) await printLocked(repo, report, opened)
  await printChanged(repo, opened)
  return 0
}

async function openForInit(): Promise<Repository> {
  const found = await openRepository()
  if (found.workTree !== null) return openHere(found)
  throw new NixsecretError('usage', 'init is for a clone with a work tree, and this repository is bare', {
    hints: ['git nixsecret init --server    # checks what is pushed to it'],
  })
}

function printReport(report: InitReport, opened: OpenedFiles, atTop: boolean): void {
  const rows = reportRows(report, opened)
  const paint = paintFor(process.stdout)
  for (const [what, text] of rows) print(`${paint('bold', what.padEnd(16))} ${text}`)
  if (rows.length === 0) print('everything was set up already; nothing changed')
  if (report.attributes.length > 0 && !atTop)
    printNote('paths in .gitattributes count from the top of the repository')
  printByHand(report)
  for (const problem of report.own.problems) printWarning(problem.message)
  const { policy } = report
  if (policy !== null) {
    if (policy.ownIncluded) return
    const hidden = report.own.keys.find(({ publicKey }) => publicKey === null)
    if (hidden !== undefined) {
      const by = hidden.plugin === null ? 'without its passphrase' : `but by its plugin, ${hidden.plugin}`
      printWarning(`whether your key is among the readers cannot be told ${by}`)
    } else {
      printWarning('no key of yours is among the readers: you will not be able to read what you encrypt')
    }
  }
}

async function printLocked(repo: Repository, report: InitReport, opened: OpenedFiles): Promise<void> {
  if (opened.stillLocked.length === 0) return
  const why = await whyLocked(opened.stillLocked, { cwd: requireWorkTree(repo) })
  if (why.damaged.length > 0) {
    printWarning(`damaged in git: ${namePaths(why.damaged)}`)
    printHint('git nixsecret status')
  }
  if (why.passphrase.length > 0) {
    printNote(`${stay(why.passphrase.length)} locked: a key needs its passphrase, which was not given`)
    printHint(UNLOCK_IN_TERMINAL)
  }
  if (why.agentFault !== null && why.agent.length > 0) {
    printNote(`${stay(why.agent.length)} locked: ${why.agentFault.message}`)
    for (const hint of why.agentFault.hints) printHint(hint)
  }
  if (why.plugin.length > 0) {
    printNote(`${stay(why.plugin.length)} locked: an age plugin could open what your key is for, and did not`)
    printHint(UNLOCK_IN_TERMINAL)
  }
  const foreign = why.foreign.length + why.openable.length
  if (foreign === 0) return
  const reason =
    report.own.keys.length === 0 ? 'you have no key here' : 'no key of yours opens what is locked'
  printNote(`${stay(foreign)} locked: ${reason}; ask a reader to add your public key`)
  printHint('git nixsecret recipient add NAME KEY && git nixsecret rekey    # for a reader to run')
}

async function printChanged(repo: Repository, opened: OpenedFiles): Promise<void> {
  const { openable } = await whyLocked(opened.changed, { cwd: requireWorkTree(repo) })
  for (const path of opened.changed) {
    printWarning(`${displayPath(path)} was changed while it was locked, and was left alone`)
    const shown = shellWord(displayPath(path))
    printHint(
      openable.includes(path) ? `git add ${shown} && git nixsecret unlock` : `git restore -- ${shown}`,
    )
  }
}

function stay(count: number): string {
  return `${files(count)} ${count === 1 ? 'stays' : 'stay'}`
}

function reportRows(report: InitReport, opened: OpenedFiles): [string, string][] {
  const rows: [string, string][] = []
  if (report.policy !== null) {
    rows.push(['nixsecret.toml', `${report.policy.readers.map(({ name }) => name).join(', ')} can read`])
  }
  const globs = report.attributes
    .filter((line) => line.includes('filter='))
    .map((line) => line.split(' filter=')[0])
  const sealed = report.attributes.some((line) => line.includes('filter=nixsecret-sealed'))
  if (globs.length > 0) {
    const here = sealed ? ', and stays ciphertext in the work tree' : ''
    rows.push(['.gitattributes', `${globs.join(', ')} will be encrypted${here}`])
  }
  if (report.config.some((key) => !key.startsWith('hook.'))) {
    rows.push(['git config', 'filter, diff and merge drivers'])
  }
  if (report.identityAdded) rows.push(['identity', 'your key is in nixsecret.identity of this repository'])
  const hooks = [...report.hooksWritten]
  for (const key of report.config) {
    if (key.startsWith('hook.') && key.endsWith('.event')) hooks.push(key.slice('hook.nixsecret-'.length, -6))
  }
  if (hooks.length > 0) rows.push(['hooks', hooks.join(', ')])
  if (report.hooksKept.length > 0) rows.push(['', `yours still run first: ${report.hooksKept.join(', ')}`])
  if (opened.opened.length > 0) {
    const locked = opened.stillLocked.length === 0 ? '' : `, ${opened.stillLocked.length} stay locked`
    rows.push(['decrypted', `${files(opened.opened.length)}${locked}`])
  }
  return rows
}

function printByHand({ hooks, hooksByHand }: InitReport): void {
  if (hooks?.method !== 'by hand' || hooksByHand.length === 0) return
  printWarning(
    `core.hooksPath leads to ${displayText(hooks.dir)}, which is not ours to write: nothing is checked until these lines are there`,
  )
  for (const name of hooksByHand) {
    printHint(`${lineToAdd(name)}    # into ${displayText(fileToEdit(hooks.dir, name))}`)
  }
}

function printForeign(scheme: FilterScheme, paths: readonly BytePath[]): void {
  const [are, them] = paths.length === 1 ? ['is', 'it'] : ['are', 'them']
  printNote(`${files(paths.length)} ${are} encrypted by ${scheme} in git: import takes ${them} over`)
  printHint(`git nixsecret import ${scheme} --dry-run`)
}

function printPlaintext(paths: readonly BytePath[]): void {
  printWarning(`git has ${files(paths.length)} in plaintext that should be encrypted:`)
  for (const path of paths.slice(0, 10)) process.stderr.write(`  ${displayPath(path)}\n`)
  if (paths.length > 10) process.stderr.write(`  and ${paths.length - 10} more\n`)
  printNote(
    'encrypt them from now on; what was committed stays readable in the history, so change these secrets',
  )
}

function files(count: number): string {
  return count === 1 ? '1 file' : `${count} files`
}
