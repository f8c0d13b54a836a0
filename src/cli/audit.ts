import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { shellWord } from '../age/shell-word.ts'
import { acceptedHere } from '../blob/trust/accepted-here.ts'
import { type BytePath, displayPath, displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { storeDir } from '../host/nix-dirs.ts'
import { pathArgument } from '../secret/path-argument.ts'
import { protectedFiles } from '../secret/protected-files.ts'
import { Workspace } from '../secret/workspace.ts'
import { type Audit, auditStore } from '../store/audit/audit-store.ts'
import { askOnTerminal } from './ask-on-terminal.ts'
import { describeLeak } from './audit/describe.ts'
import { auditFaults } from './audit/faults.ts'
import { type AuditReach, deleteCommand, removalHints } from './audit/hints.ts'
import { ShownPaths } from './audit/shown-path.ts'
import { parseOptions } from './parse-options.ts'
import { print, printError, printHint, printNote, printWarning } from './print.ts'
import { ProgressLine } from './progress-line.ts'

export const help = `usage: git nixsecret audit [--deep] [--delete] [--history] [--store DIR] [--json] [PATH…]

Is plaintext of this repository's secrets, or a private key that opens them, in the Nix store, in Nix's caches or in
its build logs? Every user of the machine can read the store. Prints nothing of what it finds.

Looks for the contents in the work tree, in the index and in HEAD, as whole files and line by line, escaped as Nix
escapes them, in every .drv file, in every file outside of directories up to 64 KiB, where secrets lie in copies of
the repository or a part of it, in the caches of this user and in the build logs.

  --deep       read every file of the store, its names and links, and every object of Nix's git caches
  --history    look for what secrets were in any commit of any branch or tag, too
  --delete     remove what was found, unless a root holds it: store paths with all that refers to them, caches, logs
  --store DIR  another store than NIX_STORE_DIR or /nix/store
  --json       { "version": 1, "store", "leaks": [ { "place", "path", "kind", "in", "secret", "private-key",
               "version", "form", "line", "roots", "allowed" } ], "complete", "faults", "looked", "removed", "kept" }
               kind: store eval-cache cache git-cache build-log; form: file text aterm json json-in-aterm shell
               base64; roots: null where Nix could not tell; allowed: store = "plaintext" in nixsecret.toml
  PATH…        look for these secrets alone, and for no keys

Who could read the store may have copied what was there: change every secret that is found.
Exit: 0 all was looked at, nothing was found; 1 something was found, be it removed now; 2 something could not be
looked at (a secret that no key here opens, a directory without permission), and nothing was found in the rest.
`

/** Runs `audit`. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions('audit', args, {
    deep: { type: 'boolean', default: false },
    delete: { type: 'boolean', default: false },
    history: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    store: { type: 'string' },
  })
  const store = resolve(values.store ?? storeDir())
  if (values.store !== undefined && !statSync(store, { throwIfNoEntry: false })?.isDirectory())
    throw new NixsecretError('missing', `there is no store at ${displayText(store)}`, {
      hints: ['git-nixsecret audit --help'],
    })
  const space = await Workspace.open(askOnTerminal)
  const progress = new Progress()
  try {
    const scopes = positionals.map((text) => pathArgument(space, text))
    if (scopes.length > 0 && !values.history) await protectedFiles(space, scopes)
    const { repo, catFile, keys } = space
    const git = { ...space.git, cwd: space.top }
    const policy = await space.policyOrNull()
    const accepted = await acceptedHere(space, policy)
    const context = { repo, git, catFile, keys, policy, accepted }
    const { deep, history } = values
    const options = { store, scopes, deep, history, remove: values.delete, onProgress: progress.show }
    const audit = await auditStore(context, options).finally(() => progress.end())
    const paths = new ShownPaths(audit)
    const faults = auditFaults(audit, keys.problems, paths)
    if (values.json) print((await import('./audit/render-json.ts')).renderJson(audit, store, faults, paths))
    else report(audit, { store, deep, history }, paths)
    return verdict(audit, faults, space.passphraseMissed)
  } finally {
    space.close()
  }
}

/** A line for each thing that takes its time. */
class Progress {
  #line: { what: string; line: ProgressLine } | null = null

  readonly show = (what: string, done: number, total: number): void => {
    if (this.#line?.what !== what) {
      this.end()
      this.#line = { what, line: new ProgressLine(what) }
    }
    this.#line.line.show(done, total)
  }

  end(): void {
    this.#line?.line.end()
  }
}

function report(audit: Audit, reach: AuditReach, paths: ShownPaths): void {
  for (const leak of audit.leaks) for (const line of describeLeak(leak, paths)) print(line)
  for (const leak of audit.allowed) {
    const [place = '', ...files] = describeLeak(leak, paths)
    for (const line of [`${place}    (allowed by nixsecret.toml)`, ...files]) print(line)
  }
  if (audit.more > 0)
    printWarning(`${audit.more} more files were found or could not be read, too many to be named`)
  if (audit.leaks.length > 0) advise(audit, reach, paths)
  printLimits(audit, reach.deep)
  printNote(summary(audit, reach.store))
}

function advise({ leaks, removal }: Audit, reach: AuditReach, paths: ShownPaths): void {
  const secrets = new Map(
    leaks.flatMap(({ files }) =>
      files.flatMap(({ meanings }) => meanings.map(({ secret }) => [secret.path, secret])),
    ),
  )
  const kept = new Map(removal?.kept.map(({ place, why }) => [place, why]))
  if (removal !== null) {
    printNote(`removed: ${removal.removed.length}; left: ${removal.kept.length}`)
    for (const [place, why] of kept) printWarning(`${displayPath(paths.of(place) as BytePath)} stays: ${why}`)
    if (removal.kept.some(({ why }) => /permi|EACCES|EPERM|privilege|trusted/i.test(why)))
      printHint(`sudo -E ${deleteCommand(reach)}`)
  }
  const left = removal === null ? leaks : leaks.filter(({ place }) => kept.has(place))
  if (left.length > 0) for (const hint of removalHints(left, reach, paths)) printHint(hint)
  const names = [...secrets.values()]
  printWarning('every user of this machine could read these; removing them is not enough, change them:')
  for (const { kind, path } of names.slice(0, 20)) {
    const word = shellWord(displayPath(path))
    if (kind === 'secret')
      printHint(`git nixsecret edit ${word}    # a new secret, there and where it is used`)
    else
      printHint(
        `# a new key for ${word}, then git nixsecret recipient add, remove, rekey; and change what it opened`,
      )
  }
  if (names.length > 20) printNote(`and ${names.length - 20} more`)
}

function printLimits({ looked, left, publicLines }: Audit, deep: boolean): void {
  for (const [{ path }, lines] of left)
    printNote(
      `${displayPath(path)}: ${lines} ${lines === 1 ? 'line' : 'lines'} too short or common to be looked for alone`,
    )
  const shared = publicLines.filter(({ isSecret }) => !isSecret)
  for (const { secret, line, file } of shared.slice(0, 10))
    printNote(
      `${displayPath(secret.path)}, line ${line}: not looked for, it stands in ${displayPath(file)}, which is not encrypted`,
    )
  if (shared.length > 10) printNote(`and ${shared.length - 10} more such lines`)
  if (!deep && looked.entries !== null) {
    const large =
      looked.wholeOnly > 0 ? `; ${looked.wholeOnly} files over 64 KiB were compared as a whole` : ''
    const git =
      looked.gitWholeOnly > 0 ? `; ${looked.gitWholeOnly} large git caches were searched for whole files` : ''
    printNote(`most files inside of store directories were not read${large}${git}; --deep reads everything`)
  }
}

function summary({ leaks, looked }: Audit, store: string): string {
  const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`
  const { entries, files } = looked
  const where =
    entries === null
      ? `no store at ${displayText(store)}`
      : `${count(entries, 'store path')} (${count(files, 'file')} read)`
  const what = `${count(looked.secrets, 'secret')} (${count(looked.contents, 'content')}) and ${count(looked.keys, 'private key')}`
  const others = `${count(looked.caches, 'cache file')} of this user, ${count(looked.logs, 'build log')}`
  const found = leaks.length === 0 ? 'nothing found' : `found in ${count(leaks.length, 'place')}`
  return `looked for ${what} in ${where}, ${others}: ${found}`
}

function verdict({ leaks }: Audit, faults: readonly string[], passphraseMissed: boolean): 0 | 1 | 2 {
  for (const fault of faults.slice(0, 20)) printWarning(fault)
  if (faults.length > 20) printWarning(`and ${faults.length - 20} more`)
  if (passphraseMissed)
    printHint('git nixsecret audit    # in a terminal, where a passphrase can be asked for')
  if (leaks.length > 0) return 1
  if (faults.length === 0) return 0
  printError('this is no all-clear: not everything could be looked at')
  return 2
}
