import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { closest } from './closest.ts'
import { print } from './print.ts'

/** What every file of a command exports. */
interface CommandModule {
  /** @returns the exit code: 0 done, 1 findings; faults are thrown */
  run(args: string[]): Promise<number>
  readonly help?: string
}

interface Entry {
  readonly summary: string
  load(): Promise<CommandModule>
}

/** Every command that people call, in the order in which they meet them; loaded only when called. */
const COMMANDS: Readonly<Record<string, Entry>> = {
  init: { summary: 'set this repository up, once for each clone or server', load: () => import('./init.ts') },
  status: {
    summary: 'every secret: open, locked, modified, who can read it',
    load: () => import('./status.ts'),
  },
  doctor: { summary: 'is every guard really in force here', load: () => import('./doctor.ts') },
  edit: { summary: 'open a secret in $EDITOR, then stage it', load: () => import('./edit.ts') },
  show: { summary: 'print a secret', load: () => import('./show.ts') },
  set: { summary: 'make standard input the content of a secret', load: () => import('./set.ts') },
  generate: { summary: 'make a password or a key, and stage it', load: () => import('./generate.ts') },
  lock: { summary: 'turn secrets in the work tree into ciphertext', load: () => import('./lock.ts') },
  unlock: { summary: 'turn them back into plaintext', load: () => import('./unlock.ts') },
  identity: { summary: 'your keys, a new one, or one of ssh-agent', load: () => import('./identity.ts') },
  recipient: { summary: 'add, remove or list those who can read', load: () => import('./recipient.ts') },
  rekey: { summary: 'encrypt again what other readers should read', load: () => import('./rekey.ts') },
  trust: {
    summary: 'accept who is new among the readers, once you have looked',
    load: () => import('./trust.ts'),
  },
  rotation: {
    summary: 'which secrets somebody knows who has left',
    load: () => import('./rotation.ts'),
  },
  access: { summary: 'who can read what, as a table or a page', load: () => import('./access.ts') },
  log: { summary: 'who changed a secret, and who could read it', load: () => import('./log.ts') },
  check: { summary: 'find plaintext, keys, wrong readers; needs no key', load: () => import('./check.ts') },
  deliver: { summary: 'put secrets on hosts, over ssh', load: () => import('./deliver.ts') },
  sealed: {
    summary: 'run a command in a ciphertext twin of this directory',
    load: () => import('./sealed.ts'),
  },
  'flake-ref': { summary: 'print a flake reference to that twin', load: () => import('./flake-ref.ts') },
  audit: { summary: 'is plaintext of a secret in the Nix store', load: () => import('./audit.ts') },
  import: { summary: 'bring in the secrets of another scheme', load: () => import('./import.ts') },
  uninstall: { summary: 'take out what init put in', load: () => import('./uninstall.ts') },
}

/** What git calls. */
const PLUMBING: Readonly<Record<string, Entry>> = {
  'filter-process': { summary: 'filter for one git command', load: () => import('./filter-process.ts') },
  clean: { summary: 'encrypt one file', load: () => import('./clean.ts') },
  smudge: { summary: 'decrypt one file', load: () => import('./smudge.ts') },
  'merge-driver': { summary: 'merge plaintext, leave ciphertext', load: () => import('./merge-driver.ts') },
  'hold-twin': { summary: 'make a twin for sealed that root runs', load: () => import('./hold-twin.ts') },
  hook: { summary: 'what the hooks of git call', load: () => import('./hook.ts') },
}

/**
 * Runs the command that the arguments name.
 * @param args the command's name, then its own arguments
 * @throws NixsecretError `usage` for a command that there is not
 */
export async function run(args: string[]): Promise<number> {
  const [name, ...rest] = args
  if (name === '--version' || name === 'version') {
    print(`git-nixsecret ${(await import('./version.ts')).VERSION}`)
    return 0
  }
  if (name === undefined) {
    process.stderr.write(overview())
    return 2
  }
  if (name === '--help' || name === '-h' || (name === 'help' && rest[0] === undefined)) {
    process.stdout.write(overview())
    return 0
  }
  if (name === 'help') return showHelp(rest[0] as string)
  const entry = find(name)
  // Behind the command that "sealed" is to run, --help is that command's own.
  if (asksHelp(name === 'sealed' || name === 'import' ? rest.slice(0, 1) : rest)) return showHelp(name)
  return (await entry.load()).run(rest)
}

function asksHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return (end === -1 ? args : args.slice(0, end)).some((arg) => arg === '--help' || arg === '-h')
}

function find(name: string): Entry {
  for (const table of [COMMANDS, PLUMBING]) {
    if (Object.hasOwn(table, name)) return table[name] as Entry
  }
  const what = name.startsWith('-') ? 'option' : 'command'
  const near = closest(name, [...Object.keys(COMMANDS), ...Object.keys(PLUMBING)])
  const guess = near === null ? '' : `; did you mean ${near}?`
  throw new NixsecretError('usage', `there is no ${what} ${displayText(name)}${guess}`, {
    hints: ['git-nixsecret --help'],
  })
}

async function showHelp(name: string): Promise<number> {
  const entry = find(name)
  const help = (await entry.load()).help ?? `usage: git-nixsecret ${name}: ${entry.summary}; called by git\n`
  process.stdout.write(help.endsWith('\n') ? help : `${help}\n`)
  return 0
}

function overview(): string {
  const lines = (table: Readonly<Record<string, Entry>>) =>
    Object.entries(table).map(([name, entry]) => `  ${name.padEnd(14)} ${entry.summary}`)
  return [
    'usage: git-nixsecret COMMAND [options] [PATH…]      (or: git nixsecret COMMAND …)',
    '',
    'Keeps files as age ciphertext in git and as plaintext in the work tree of those who hold a key.',
    '',
    ...lines(COMMANDS),
    '',
    'called by git:',
    ...lines(PLUMBING),
    '',
    'git-nixsecret COMMAND --help says more of each. Start with: git nixsecret init',
    '',
  ].join('\n')
}
