import { displayText } from '../byte-path.ts'

/** The most characters of untrusted text that a message repeats. */
const LONGEST = 80

/** Whether text is, or holds, a private key that somebody pasted into the wrong place. */
export function holdsPrivateKey(text: string): boolean {
  return /AGE-SECRET-KEY-|AGE-PLUGIN-[A-Z0-9]*-1|PRIVATE KEY/i.test(text)
}

/** Text from the policy for a message: in double quotes, escaped, cut short; never a private key. */
export function quoteName(text: string): string {
  if (holdsPrivateKey(text)) return '"(a private key)"'
  const shown = displayText(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text)
  return shown.startsWith('"') ? shown : `"${shown}"`
}
