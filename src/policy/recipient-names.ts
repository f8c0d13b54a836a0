import { NixsecretError } from '../errors.ts'

/**
 * A name for a key without one: from the comment of an ssh key (`alice@laptop` → `alice`, `root@web1` → `web1`).
 * @returns null where the key says nothing
 */
export function nameFromKey(key: string): string | null {
  const comment = key.split(/\s+/).slice(2).join(' ')
  const [user = '', host] = comment.split('@')
  return plainName(user === 'root' && host !== undefined ? host : user)
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

/** A name made of any text: lower case, without accents, `-` for what may not stand in a name. Null where nothing is left. */
export function plainName(text: string): string | null {
  const plain = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9_]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return plain === '' ? null : plain.slice(0, 40)
}
