// npm run demo: the main job, step by step, on a throw-away repository with keys made here.
// Needs Node and git alone. Every step is checked; it ends with exit code 0 only if each one held.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import colors from 'picocolors'

const SECRET = 'db_password = "correct horse battery staple"\n'
const PROGRAM = fileURLToPath(new URL('../dist/bin.js', import.meta.url))
const dir = mkdtempSync(join(tmpdir(), 'nixsecret-demo-'))
process.on('exit', () => rmSync(dir, { recursive: true, force: true }))
process.on('SIGINT', () => process.exit(130))

const home = join(dir, 'home')
const bin = join(dir, 'bin')
for (const path of [home, bin]) mkdirSync(path)
symlinkSync(PROGRAM, join(bin, 'git-nixsecret'))
writeFileSync(
  join(home, '.gitconfig'),
  '[user]\n\tname = Alice\n\temail = alice@example.org\n[init]\n\tdefaultBranch = main\n',
)
// Nothing of the real user's comes in: no key, no configuration, no hook.
const env = {
  PATH: `${bin}:${process.env.PATH}`,
  HOME: home,
  LC_ALL: 'C.UTF-8',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
}

interface Result {
  readonly code: number | null
  readonly out: string
}

function run(cwd: string, command: readonly string[], more: Record<string, string> = {}): Result {
  const [program = '', ...args] = command
  const result = spawnSync(program, args, { cwd, env: { ...env, ...more }, encoding: 'latin1' })
  if (result.error !== undefined) throw result.error
  return { code: result.status, out: `${result.stdout}${result.stderr}` }
}

/** Shows a command, runs it in a clone, and shows what it printed. */
function show(where: string, command: string, { expect = 0, max = 12 } = {}): string {
  process.stdout.write(`  ${colors.dim(where)}${colors.cyan('$')} ${colors.bold(command)}\n`)
  const { code, out } = run(join(dir, where), ['sh', '-c', command])
  const lines = Buffer.from(out, 'latin1').toString('utf8').trimEnd().split('\n')
  for (const line of lines.slice(0, max).filter(Boolean)) process.stdout.write(`    ${line}\n`)
  if (lines.length > max) process.stdout.write(`    … ${lines.length - max} more lines\n`)
  if (expect === 0 ? code !== 0 : code === 0) throw new Error(`exit code ${code}: ${command}\n${out}`)
  return out
}

function step(title: string): void {
  process.stdout.write(`\n${colors.bold(title)}\n`)
}

function holds(truth: boolean, what: string): void {
  if (!truth) throw new Error(`this did not hold: ${what}`)
  process.stdout.write(`  ${colors.green('✓')} ${what}\n`)
}

const file = (...parts: string[]) => readFileSync(join(dir, ...parts), 'utf8')
const isAge = (text: string) => text.startsWith('age-encryption.org/v1\n')

async function makeKey(name: string): Promise<string> {
  const identity = await generateX25519Identity()
  writeFileSync(join(home, `${name}.txt`), `${identity}\n`, { mode: 0o600 })
  return identityToRecipient(identity)
}

/** Whether any object of a repository, or any file in it, holds the secret's words. */
function leaks(repository: string): boolean {
  const everything = 'git cat-file --batch-all-objects --batch; cat $(git rev-parse --git-dir)/COMMIT_EDITMSG'
  return run(join(dir, repository), ['sh', '-c', everything]).out.includes('correct horse')
}

async function main(): Promise<void> {
  await makeKey('alice')
  const bob = await makeKey('bob')
  run(dir, ['git', 'init', '--quiet', '--bare', 'remote.git'])
  run(dir, ['git', 'clone', '--quiet', 'remote.git', 'alice'])

  step('1. Alice sets her repository up, once')
  show('alice', `git nixsecret init --identity ~/alice.txt --recipient bob=${bob}`)

  step('2. She writes a secret and commits it with plain git')
  mkdirSync(join(dir, 'alice/secrets'))
  writeFileSync(join(dir, 'alice/secrets/db.toml'), SECRET)
  show('alice', 'git add . && git commit --quiet -m "Add the password of the database"')
  const blob = show('alice', 'git cat-file blob HEAD:secrets/db.toml | head -n 3')
  holds(isAge(blob), 'what git has is age ciphertext')
  show('alice', 'cat secrets/db.toml')
  holds(file('alice/secrets/db.toml') === SECRET, 'her own file is plaintext still')
  show('alice', 'git push --quiet origin main')
  holds(!leaks('remote.git'), 'the remote has no plaintext in any object')

  step('3. A clone without a key')
  show('', 'git clone --quiet remote.git stranger')
  show('stranger', 'head -n 1 secrets/db.toml')
  holds(isAge(file('stranger/secrets/db.toml')), 'is locked: its file is ciphertext')

  step('4. A clone with a key that may read: Bob')
  show('', 'git clone --quiet remote.git bob')
  show('bob', 'git nixsecret init --identity ~/bob.txt')
  show('bob', 'cat secrets/db.toml && git status --short')
  holds(file('bob/secrets/db.toml') === SECRET, 'reads plaintext')
  holds(run(join(dir, 'bob'), ['git', 'status', '--porcelain']).out === '', 'and git sees no change')

  step('5. Somebody gets plaintext into a commit, past the filter and past the pre-commit hook')
  const before = run(join(dir, 'remote.git'), ['git', 'rev-parse', 'main']).out
  const past = 'id=$(git hash-object -w --no-filters secrets/db.toml)'
  show('alice', `${past} && git update-index --cacheinfo 100644,$id,secrets/db.toml`)
  show('alice', 'git commit --quiet --no-verify -m "Oops"')
  const refused = show('alice', 'git push origin main', { expect: 1, max: 20 })
  holds(refused.includes('secrets/db.toml'), 'the push is refused, and the file is named')
  holds(run(join(dir, 'remote.git'), ['git', 'rev-parse', 'main']).out === before, 'the remote is as it was')
  holds(!leaks('remote.git'), 'and still has no plaintext')
}

try {
  await main()
  process.stdout.write(`\n${colors.green('Every step held.')} Nothing of this is left on your disk.\n`)
} catch (error) {
  process.stdout.write(`\n${colors.red('The demo failed:')} ${(error as Error).message}\n`)
  process.exitCode = 1
}
