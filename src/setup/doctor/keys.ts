import { realpathSync } from 'node:fs'
import { isAbsolute, relative, sep } from 'node:path'
import { parseRecipient } from '../../age/recipient.ts'
import { shellWord } from '../../age/shell-word.ts'
import { driversOf } from '../../blob/protected-files.ts'
import { bytePath, displayText } from '../../byte-path.ts'
import { tryGit } from '../../git/run-git.ts'
import { looseMode } from '../../host/identity-files.ts'
import type { Policy } from '../../policy/policy.ts'
import { type OwnKey, ownKeys } from '../own-key.ts'
import { type Diagnosis, fine, problem, warning } from './finding.ts'
import { checkPluginKey } from './plugins.ts'

/** The private keys of this user: found, readable, safe from others, and known to the policy. */
export async function checkKeys(cwd: string, policy: Policy | null): Promise<Diagnosis[]> {
  const { keys, problems } = await ownKeys(cwd, null)
  const found = problems.map((fault) => problem('identity', fault.message, ...fault.hints))
  if (keys.length === 0 && problems.length === 0) {
    const message = 'no private key: files stay locked here'
    return [warning('identity', message, 'ssh-keygen -t ed25519', 'git nixsecret init --identity FILE')]
  }
  const names = policy === null ? null : namesByKey(policy)
  for (const key of keys) found.push(checkKey(key, names))
  // A file that only names a key of the agent may be read by everybody.
  for (const file of new Set(keys.filter((key) => !key.throughAgent).map((key) => key.file))) {
    found.push(...(await checkPlace(cwd, file)))
    const mode = looseMode(file)
    if (mode === null) continue
    const shown = displayText(file)
    found.push(problem('identity-mode', `others can read ${shown} (mode ${mode})`, `chmod 600 ${shown}`))
  }
  const known = keys.some(
    (key) => names === null || key.publicKey === null || nameOf(key, names) !== undefined,
  )
  if (!known && keys.length > 0) {
    found.push(
      warning(
        'reader',
        'no key of yours is in nixsecret.toml: a reader must add it',
        'git nixsecret recipient add NAME KEY && git nixsecret rekey',
      ),
    )
  }
  return found
}

/** A private key in the repository is one `git add` from everybody. */
async function checkPlace(cwd: string, file: string): Promise<Diagnosis[]> {
  let below: string
  try {
    below = relative(realpathSync(cwd), realpathSync(file))
  } catch {
    return []
  }
  if (below.startsWith('..') || isAbsolute(below) || below.split(sep)[0] === '.git') return []
  const shown = displayText(file)
  const path = bytePath(Buffer.from(below))
  const literal = ['--', `:(literal)${below}`]
  const tracked = (await tryGit(['ls-files', '--error-unmatch', ...literal], { cwd })).code === 0
  if (tracked && !(await driversOf([path], { cwd })).has(path)) {
    const hint = `git rm --cached -- ${shellWord(below)}    # and make a new key if it was committed`
    return [problem('identity-place', `the private key ${shown} is in git`, hint)]
  }
  if (!tracked && (await tryGit(['check-ignore', '-q', '--', below], { cwd })).code === 0) return []
  const message = `the private key ${shown} lies in the work tree: git and Nix may take it in`
  return [warning('identity-place', message, `mv ${shellWord(below)} ~/.config/git-nixsecret/`)]
}

function checkKey(key: OwnKey, names: ReadonlyMap<string, string> | null): Diagnosis {
  const file = displayText(key.file)
  const { plugin } = key
  if (plugin !== null) return checkPluginKey({ ...key, plugin })
  if (key.publicKey === null) return fine('identity', `${file}: locked with a passphrase`)
  const name = names === null ? undefined : nameOf(key, names)
  const how = key.throughAgent ? `${file}, through ssh-agent` : file
  return fine('identity', `${how}: ${name === undefined ? 'not in the policy' : `${name} in the policy`}`)
}

function nameOf(key: OwnKey, names: ReadonlyMap<string, string>): string | undefined {
  return key.publicKey === null ? undefined : names.get(parseRecipient(key.publicKey).canonical)
}

function namesByKey(policy: Policy): Map<string, string> {
  return new Map([...policy.recipients].map(([name, key]) => [parseRecipient(key).canonical, name]))
}
