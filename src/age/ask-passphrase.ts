/** What is wanted of the user: a secret, echo off; a line that may be seen; or nothing, there is only something to be told. */
export type AskKind = 'secret' | 'public' | 'message'

/**
 * Asks the user for a passphrase, or what else a key needs to hear.
 * @param prompt without a colon at its end; untrusted names in it are escaped
 * @param kind default `secret`
 * @returns null where nobody can be asked now; of a message that was shown an empty text
 */
export type AskPassphrase = (prompt: string, kind?: AskKind) => Promise<string | null>

const ATTEMPTS = 3

/**
 * Asks until a passphrase fits, three times at most.
 * @param what is asked for: `passphrase for FILE`
 * @param attempt null where the passphrase is wrong
 * @returns null where nobody can be asked, or no passphrase fitted
 */
export async function tryPassphrases<T>(
  ask: AskPassphrase,
  what: string,
  attempt: (passphrase: string) => Promise<T | null>,
): Promise<T | null> {
  for (let i = 0; i < ATTEMPTS; i++) {
    const passphrase = await ask(i === 0 ? what : `wrong passphrase, try again: ${what}`)
    if (passphrase === null) return null
    const result = await attempt(passphrase)
    if (result !== null) return result
  }
  return null
}
