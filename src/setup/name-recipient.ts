import { userInfo } from 'node:os'
import { NixsecretError } from '../errors.ts'

/** A reader for a new policy. */
export interface NewRecipient {
  readonly name: string
  /** As it is to stand in the policy, comment included. */
  readonly key: string
}

/**
 * Splits `NAME=KEY`. A base64 key may hold `=` itself, so only what looks like a name counts as one.
 * @returns name null where the option gives a key alone
 */
export function parseRecipientOption(option: string): { name: string | null; key: string } {
  const found = /^([A-Za-z0-9._][A-Za-z0-9._-]*)=(.*)$/s.exec(option.trim())
  if (found === null || /^\s*$/.test(found[2] ?? '')) return { name: null, key: option.trim() }
  return { name: found[1] as string, key: (found[2] as string).trim() }
}

/**
 * A name for a key without one: from the comment of an ssh key (`alice@laptop` → `alice`, `root@web1` → `web1`).
 * @returns null where the key says nothing
 */
export function nameFromKey(key: string): string | null {
  const comment = key.split(/\s+/).slice(2).join(' ')
  const [user = '', host] = comment.split('@')
  return plainName(user === 'root' && host !== undefined ? host : user)
}

/** The name of the person at the keyboard: git's `user.name`, else the login. */
export function ownName(userName: string | null): string {
  return plainName(userName ?? '') ?? plainName(loginName()) ?? 'me'
}

/** Gives every key a name of its own. */
export class Names {
  readonly #taken = new Set<string>()

  /** @throws NixsecretError `usage` where the user gave the same name twice */
  claim(name: string): string {
    if (this.#taken.has(name)) {
      throw new NixsecretError('usage', `two recipients are named ${name}`, {
        hints: ['git nixsecret init --recipient NAME=KEY --recipient OTHER=KEY'],
      })
    }
    this.#taken.add(name)
    return name
  }

  /** The name, or with a number after it where it is taken. */
  claimLike(name: string): string {
    for (let n = 1; ; n++) {
      const candidate = n === 1 ? name : `${name}-${n}`
      if (!this.#taken.has(candidate)) return this.claim(candidate)
    }
  }
}

function plainName(text: string): string | null {
  const plain = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9_]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return plain === '' ? null : plain.slice(0, 40)
}

function loginName(): string {
  try {
    return userInfo().username
  } catch {
    return ''
  }
}
