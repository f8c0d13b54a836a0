import { parseRecipientLines } from '../../age/recipient-lines.ts'
import { displayText } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { type FetchBounds, fetchText } from '../../host/fetch-text.ts'
import type { KeySource } from './key-source.ts'

/** Letters, digits and `-`; of managed accounts, `_` too. */
const USER = /^[A-Za-z0-9][A-Za-z0-9_-]{0,38}$/

/**
 * The SSH keys by which somebody logs in at GitHub: `https://github.com/USER.keys`.
 * @param base for tests only
 * @throws NixsecretError `usage` for what can be no user, `missing` where there is none, `io` where GitHub can't be reached,
 *   `recipient` where what came is no list of keys
 */
export async function githubKeys(
  user: string,
  base = 'https://github.com',
  bounds: FetchBounds = {},
): Promise<KeySource> {
  if (!USER.test(user))
    throw new NixsecretError('usage', `${displayText(user)} can't be the name of a GitHub user`)
  const text = await fetchText(new URL(`/${user}.keys`, base), bounds).catch((fault: unknown) => {
    if (!(fault instanceof NixsecretError)) throw fault
    const hints = [`curl -fsS https://github.com/${user}.keys | git nixsecret recipient add NAME --file -`]
    throw new NixsecretError(fault.code, fault.message, { hints, cause: fault })
  })
  if (text === null) throw new NixsecretError('missing', `there is no ${user} at GitHub`)
  if (text.trim() === '') throw new NixsecretError('missing', `${user} has no SSH key at GitHub`)
  const { keys, faults } = parseRecipientLines(text, `${user}@github`)
  if (keys.length === 0) throw new NixsecretError('recipient', 'what came from GitHub is no list of keys')
  return {
    from: `GitHub user ${user}`,
    keys,
    faults,
    warnings: [],
    notes: [`GitHub says that these are keys of ${user}; ask ${user} whether the fingerprint is right`],
  }
}
