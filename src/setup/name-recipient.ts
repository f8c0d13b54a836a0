import { userInfo } from 'node:os'
import { plainName } from '../policy/recipient-names.ts'

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

/** The name of the person at the keyboard: git's `user.name`, else the login. */
export function ownName(userName: string | null): string {
  return plainName(userName ?? '') ?? plainName(loginName()) ?? 'me'
}

function loginName(): string {
  try {
    return userInfo().username
  } catch {
    return ''
  }
}
