import { type OptionPath, showPath } from './option-path.ts'
import { isKeyName, MAX_NAME, type NameKind, secretName } from './secret-names.ts'
import { endsLike, holdsNoSecret, isOptionEnd, secretOption } from './secret-options.ts'
import { isPasswordHash, isSecretValue, type Level } from './secret-value.ts'

/**
 * What a value is: `config` of an option or a set of unknown use; `declared`: the default of an option that the file
 * itself declares; `vm`: of a machine to try things on; `test`: of a NixOS test.
 */
export type Trust = 'config' | 'declared' | 'vm' | 'test'

/** A text, and the option that it is given to. */
export interface Literal {
  readonly path: OptionPath
  readonly text: string
  /** False where a part of the text is not known. */
  readonly whole: boolean
  readonly trust: Trust
}

/** That a text is a secret. */
export interface Verdict {
  readonly option: string
  readonly hash: boolean
  /** How certain the option is. */
  readonly rank: number
}

/** Passwords to begin with, which installation media and their instructions name: nothing to be kept secret. */
const FIRST_PASSWORDS = new Set(
  'nixos nix temp root toor live installer install password passwd pass guest demo pi vm user default initial welcome 1234 12345 123456 password1 password123'.split(
    ' ',
  ),
)
/** Of a file's text, in characters. */
const MAX_TEXT = 1 << 18
const MAX_LINE = 2048
/** Who there is on installation media. */
const INSTALLER_USERS = new Set('nixos root live installer iso'.split(' '))
const INSTALLER_PASSWORDS = new Set('nixos live installer'.split(' '))
/** What stands in these sets is to be shown to people. */
const SHOWN = new Set(
  'example examples i18n l10n labels label translations translation messages locale meta passthru'.split(' '),
)
/** Sets with one secret a name: `passwords.alice = …` */
const SETS = new Map<string, NameKind>([
  ['passwords', 'password'],
  ['tokens', 'weak'],
  ['apiKeys', 'weak'],
  ['api_keys', 'weak'],
  ['secrets', 'weak'],
])
/** Lists and texts of `NAME=value`, by the name of the option that takes them. */
const ASSIGNED =
  /^(environment|env|environmentvariables|envs|extra(options|flags|args|env|environment)|args|cmd|command|exec|flags|options)$/i

/** By name, a newline, and the name around it. */
const worth = new Map<string, boolean>()

/** Whether a text may be a secret at all, by the last two names of its option: most of a file is not. */
export function mayHoldSecret(name: string, around: string): boolean {
  if (name.length > MAX_NAME || around.length > MAX_NAME) return name.length <= MAX_NAME
  const key = `${name}\n${around}`
  let known = worth.get(key)
  if (known === undefined) {
    known = secretName(name) !== null || SETS.has(around) || ASSIGNED.test(name) || isOptionEnd(name, around)
    if (worth.size > 50_000) worth.clear()
    worth.set(key, known)
  }
  return known
}

/** Judges a text by the option that it is given to. */
export function judgeLiteral(literal: Literal): Verdict | null {
  const { path, trust } = literal
  const name = path.names.at(-1)
  if (name === undefined || trust === 'test') return null
  if (path.names.some((one) => SHOWN.has(one))) return null
  if (trust === 'vm' && path.names.includes('users')) return null
  if (endsLike(path.names, ['networking', 'wireless', 'networks', '*', 'auth'])) return judgeFileText(literal)
  const option = secretOption(path.names)
  if (option !== null) return certain(literal, option === 'hash')
  const kind = kindOf(path.names)
  if (kind !== null) return holdsNoSecret(path.names) ? null : named(literal, kind, name)
  return ASSIGNED.test(name) ? assigned(literal) : null
}

/** The text of a file that an option takes, which is written to the store with it. */
export function judgeFileText(literal: Literal): Verdict | null {
  const { path, text, whole, trust } = literal
  if (trust === 'test' || !whole) return null
  const lines = text
    .slice(0, MAX_TEXT)
    .split('\n')
    .map((line) => line.slice(0, MAX_LINE))
    .filter((line) => line.trim() !== '' && !/^\s*[#;[]/.test(line))
  const pairs = lines.map((line) => /^\s*(?:export\s+)?([\w.-]+)\s*[=:]\s*["']?(.*?)["']?\s*$/s.exec(line))
  const option = showPath(path.names)
  if (pairs.length > 0 && pairs.every((pair) => pair !== null)) {
    const found = pairs.some((pair) => isAssignment(pair?.[1] ?? '', pair?.[2] ?? ''))
    return found ? { option, hash: false, rank: 2 } : null
  }
  if (isPasswordHash(text)) return { option, hash: true, rank: 2 }
  return isSecretValue(text, /env/i.test(path.names.at(-1) ?? '') ? 'shaped' : 'plausible')
    ? { option, hash: false, rank: 2 }
    : null
}

function certain({ path, text, whole }: Literal, takesHash: boolean): Verdict | null {
  const option = showPath(path.names)
  if (isPasswordHash(text)) return { option, hash: true, rank: 3 }
  const value = text.trim()
  // `!` and `*` lock an account.
  if (takesHash && (value.length < 10 || /^[!*]/.test(value))) return null
  if (isFirstPassword(path.names, value)) return null
  return isSecretValue(text, whole ? 'any' : 'random') ? { option, hash: takesHash, rank: 3 } : null
}

/** `initialPassword = "changeme"`, and what the installer's image is known to have: `users.users.nixos.password = "nixos"` */
function isFirstPassword(names: readonly string[], value: string): boolean {
  const word = value.toLowerCase()
  if (/^(initial|default)/.test(names.at(-1) ?? ''))
    return FIRST_PASSWORDS.has(word) || value === names.at(-2)
  if (names.at(-1) !== 'password' || !names.includes('users')) return false
  const user = names.at(-2) ?? ''
  return INSTALLER_PASSWORDS.has(word) || (INSTALLER_USERS.has(user) && (word === user || word === 'temp'))
}

function kindOf(names: readonly string[]): NameKind | null {
  const [around = '', name = ''] = names.slice(-2)
  if (names.length > 1 && isKeyName(name, around)) return null
  return secretName(names.at(-1) ?? '') ?? SETS.get(around) ?? null
}

function named({ path, text, whole, trust }: Literal, kind: NameKind, name: string): Verdict | null {
  const option = showPath(path.names)
  const rank = path.rooted ? 2 : 1
  if (isPasswordHash(text)) return { option, hash: true, rank }
  if (kind === 'hash' || isOwnName(text, name) || isFirstPassword(path.names, text.trim())) return null
  const value = /access-tokens$/.test(name) ? text.replace(/^[\w.-]+=/, '') : text
  return isSecretValue(value, levelOf(kind, whole && trust === 'config'))
    ? { option, hash: false, rank }
    : null
}

function levelOf(kind: NameKind, plain: boolean): Level {
  if (!plain || kind === 'weak') return 'random'
  return kind === 'password' ? 'plausible' : 'shaped'
}

/** `token = "token"`, `apiKey = "api_key1"` */
function isOwnName(text: string, name: string): boolean {
  const bare = (one: string) => one.toLowerCase().replace(/[^a-z]/g, '')
  return bare(name) !== '' && bare(text) === bare(name) && text.length < name.length + 4
}

/** `Environment = "A=b DB_PASSWORD=…"`, `extraOptions = [ "--env=DB_PASSWORD=…" "--token=…" ]` */
function assigned({ path, text, whole }: Literal): Verdict | null {
  if (!whole || text.length > 4096) return null
  for (const word of text.split(/\s+/)) {
    const found = /^["']?(?:-e=?|--env=|-{1,2})?([A-Za-z_][\w-]*)=["']?(.+?)["']?$/.exec(word)
    // `--secret=name,type=env` names a secret of the container engine.
    if (found === null || found[1] === 'secret') continue
    if (isAssignment(found[1] ?? '', found[2] ?? ''))
      return { option: showPath([...path.names, found[1] ?? '']), hash: false, rank: path.rooted ? 2 : 1 }
  }
  return null
}

function isAssignment(name: string, value: string): boolean {
  const kind = secretName(name)
  if (kind === null || kind === 'hash' || isOwnName(value, name)) return false
  return isSecretValue(value, levelOf(kind, true))
}
