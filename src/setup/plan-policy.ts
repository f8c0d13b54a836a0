import { pluginProgram } from '../age/plugin/plugin-key.ts'
import { checkRecipients, parseRecipient } from '../age/recipient.ts'
import { policyFrom } from '../blob/policy-from.ts'
import { NixsecretError } from '../errors.ts'
import { newPolicy } from '../policy/edit-policy.ts'
import { Names, nameFromKey } from '../policy/recipient-names.ts'
import { claimedRecipient } from './claimed-recipient.ts'
import { type NewRecipient, ownName, parseRecipientOption } from './name-recipient.ts'
import type { OwnKeys } from './own-key.ts'

/** The policy that init would write. */
export interface NewPolicy {
  readonly text: string
  readonly readers: readonly NewRecipient[]
  /** Whether the person at the keyboard will be able to read. */
  readonly ownIncluded: boolean
}

/**
 * The first policy of a repository: everyone whom `--recipient` names, and the user's own key.
 * @param options values of `--recipient`
 * @param userName git's `user.name`, for want of a better name
 * @throws NixsecretError `recipient` for a key that is none, `identity` where nobody could read
 */
export async function planPolicy(
  options: readonly string[],
  own: OwnKeys,
  userName: string | null,
): Promise<NewPolicy> {
  const names = new Names()
  const ownKey = own.keys.find((key) => key.publicKey !== null)?.publicKey ?? null
  const asked = options.map((option) => parseRecipientOption(option))
  const byKey = new Map<string, NewRecipient>()
  for (const { name, key } of asked) {
    if (name !== null) byKey.set(parseRecipient(key).canonical, { name: names.claim(name), key })
  }
  for (const { name, key } of asked) {
    const { canonical } = parseRecipient(key)
    if (name === null && !byKey.has(canonical)) {
      byKey.set(canonical, { name: names.claimLike(nameFromKey(key) ?? ownName(userName)), key })
    }
  }
  if (ownKey !== null) {
    const { canonical } = parseRecipient(ownKey)
    if (!byKey.has(canonical))
      byKey.set(canonical, { name: names.claimLike(nameFromKey(ownKey) ?? ownName(userName)), key: ownKey })
  }
  if (byKey.size === 0) throw await noKey(own, ownName(userName))
  const readers = [...byKey.values()]
  checkRecipients([...byKey.keys()].map((key) => parseRecipient(key)))
  const canonicalOwn = own.keys.flatMap((key) =>
    key.publicKey === null ? [] : [parseRecipient(key.publicKey).canonical],
  )
  const text = newPolicy({ recipients: readers, to: readers.map(({ name }) => name) })
  policyFrom(text)
  return {
    text,
    readers,
    ownIncluded: canonicalOwn.some((key) => byKey.has(key)),
  }
}

async function noKey(own: OwnKeys, name: string): Promise<NixsecretError> {
  const hidden = own.keys[0]
  if (hidden !== undefined && hidden.plugin !== null) {
    const program = pluginProgram(hidden.plugin)
    const claimed = await claimedRecipient(hidden.file, hidden.plugin)
    const key = claimed ?? `age1${hidden.plugin}1…`
    return new NixsecretError(
      'identity',
      `only ${program} knows the public half of your key, so name it yourself${claimed === null ? '' : ', if it is what the comment in the file says'}`,
      { hints: [`git nixsecret init --recipient ${name}=${key}`] },
    )
  }
  if (hidden !== undefined) {
    return new NixsecretError(
      'identity',
      'the public half of your key cannot be told without its passphrase, so name it yourself',
      { hints: ['git nixsecret init --recipient NAME=age1…'] },
    )
  }
  const [problem] = own.problems
  return new NixsecretError(
    'identity',
    problem === undefined
      ? 'you have no key yet, so nobody could read what is encrypted here'
      : `none of your keys can be used: ${problem.message}`,
    {
      hints: [
        ...(problem?.hints ?? []),
        'ssh-keygen -t ed25519',
        'git nixsecret init --identity FILE           # the private key that you have',
        'git nixsecret init --recipient NAME=KEY      # the public key of whoever is to read',
      ],
    },
  )
}
