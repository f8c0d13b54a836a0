import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { type AgentKey, parseAgentKey } from '../age/ssh/agent-key.ts'
import { fingerprint } from '../age/ssh/fingerprint.ts'
import { formatPublicKey } from '../age/ssh/public-key.ts'
import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { readIdentityFile } from '../host/identity-files.ts'
import { listAgentKeys } from '../host/ssh-agent.ts'

/** A key to derive an identity from. */
export interface AgentChoice {
  /** One line, as in a `.pub` file. */
  readonly line: string
  /** The file that has it; null where none is known. */
  readonly file: string | null
  /** For messages, escaped. */
  readonly shown: string
}

/**
 * The key that somebody means.
 * @param named a `.pub` file (or the private key beside it, which is not read), a fingerprint or a comment;
 *   null for the only one that ssh-agent holds
 * @throws NixsecretError `identity` where there is none, or it is of no use, `usage` where there are several
 */
export async function chooseAgentKey(named: string | null): Promise<AgentChoice> {
  const file = named === null ? null : publicFile(named)
  if (file !== null) return choiceOf((await readIdentityFile(file)).toString('utf8'), file)
  const lines = await listAgentKeys()
  if (lines.length === 0)
    throw fault('identity', 'ssh-agent holds no key, or it is locked', [
      'ssh-add',
      'ssh-add -X    # if it is locked',
    ])
  const wanted = named === null ? lines : lines.filter((line) => isNamed(line, named))
  const usable = wanted.filter((line) => typeof parseAgentKey(line) !== 'string')
  const [first] = usable
  if (first !== undefined && usable.length === 1) return choiceOf(first, null)
  if (usable.length > 1) throw several(usable)
  const [unfit] = wanted
  if (unfit !== undefined)
    throw fault('identity', `${describe(unfit)}: ${parseAgentKey(unfit)}`, ['ssh-keygen -t ed25519'])
  throw fault('identity', `ssh-agent holds no key ${displayText(named ?? '')}, and there is no such file`, [
    'ssh-add -l',
  ])
}

function publicFile(named: string): string | null {
  const candidates = named.endsWith('.pub') ? [named] : [`${named}.pub`, named]
  return candidates.map((path) => resolve(path)).find((path) => existsSync(path)) ?? null
}

function choiceOf(text: string, file: string | null): AgentChoice {
  const key = parseAgentKey(text)
  const shown = displayText(file ?? '')
  if (typeof key === 'string') throw fault('identity', `${shown}: ${key}`)
  const line = lineOf(key)
  return { line, file: file ?? fileOf(key), shown: file === null ? describe(line) : shown }
}

/** A comment with quotes or control characters would not survive being pasted. */
function lineOf({ publicKey, comment }: AgentKey): string {
  const key = formatPublicKey(publicKey)
  return /^[\w@.+:=-]+$/.test(comment) ? `${key} ${comment}` : key
}

/** Its public half among those of the user. */
function fileOf({ publicKey }: AgentKey): string | null {
  const dir = join(process.env.HOME ?? homedir(), '.ssh')
  try {
    const names = readdirSync(dir).filter((name) => name.endsWith('.pub'))
    const found = names.find((name) => {
      const key = parseAgentKey(readFileSync(join(dir, name), 'utf8'))
      return typeof key !== 'string' && key.publicKey.blob.equals(publicKey.blob)
    })
    return found === undefined ? null : join(dir, found)
  } catch {
    return null
  }
}

function isNamed(line: string, named: string): boolean {
  const [, base64 = '', ...comment] = line.trim().split(/[ \t]+/)
  return comment.join(' ') === named || fingerprint(Buffer.from(base64, 'base64')) === named
}

function describe(line: string): string {
  const [type = '', base64 = '', ...comment] = line.trim().split(/[ \t]+/)
  const words = [type, fingerprint(Buffer.from(base64, 'base64')), comment.join(' ')]
  return displayText(words.filter(Boolean).join(' '))
}

function several(lines: readonly string[]): NixsecretError {
  const hints = lines.map((line) => {
    const [, mark = '', ...comment] = describe(line).split(' ')
    return `git nixsecret identity --ssh-agent ${mark}${comment.length > 0 ? `    # ${comment.join(' ')}` : ''}`
  })
  return fault('usage', 'ssh-agent holds several keys: say which', hints)
}

function fault(code: 'identity' | 'usage', message: string, hints: readonly string[] = []): NixsecretError {
  return new NixsecretError(code, message, { hints })
}
