import { parseRecipient } from '../age/recipient.ts'
import { OwnChange } from '../blob/trust/accept.ts'
import type { BytePath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { addRecipient as addToText, removeRecipient as removeFromText } from '../policy/edit-policy.ts'
import { parsePolicy } from '../policy/parse-policy.ts'
import type { Policy } from '../policy/policy.ts'
import { readersOf } from '../policy/readers-of.ts'
import { TomlEdit } from '../policy/toml-edit.ts'
import { changePolicy, type PolicyChange } from './policy-file.ts'
import { protectedFiles } from './protected-files.ts'
import { staleFiles } from './stale-files.ts'
import type { Workspace } from './workspace.ts'

/** One line of `recipient list`. */
export interface RecipientEntry {
  readonly name: string
  /** As written, with its comment. */
  readonly key: string
  readonly type: string
  readonly groups: readonly string[]
  /** Secrets of the index that the policy lets them read. */
  readonly files: readonly BytePath[]
  /** Whether a private key here belongs to it; never true where only a passphrase would tell, or ssh-agent can't. */
  readonly own: boolean
}

/** What changing the policy means for the files. */
export interface PolicyEffect extends PolicyChange {
  /** Files that `rekey` will change; null where the new policy names nobody for one of them. */
  readonly stale: number | null
  /** Secrets that the recipient may read, by the policy in which the name stands. */
  readonly files: readonly BytePath[]
  /** Whether `[default]` names the recipient. */
  readonly inDefault: boolean
  /** Whether nothing is left to be accepted: what the user does here is accepted along with it. */
  readonly accepted: boolean
}

/**
 * Adds a recipient to the work tree's policy.
 * @param place `default`: a reader of all that no rule names; groups: a member of these; `nowhere`: only a name
 * @throws NixsecretError what `addRecipient` of src/policy throws, and `recipient` for the key
 */
export async function addRecipient(
  space: Workspace,
  name: string,
  key: string,
  place: 'default' | 'nowhere' | readonly string[],
): Promise<PolicyEffect> {
  parseRecipient(key)
  const { change, accepted } = await changeAsOwn(space, (text) => {
    const added = addToText(text, name, key, typeof place === 'string' ? {} : { groups: place })
    return place === 'default' ? addToDefault(added, name) : added
  })
  return { ...(await effectOf(space, change, change.after, name)), accepted }
}

/** Only where there is a `to` already: who reads everything is not for us to begin with. */
function addToDefault(text: string, name: string): string {
  const edit = new TomlEdit(text)
  const list = defaultList(text)
  if (list === null || list.includes(name)) return text
  edit.appendText(['default', 'to'], name)
  const result = edit.result()
  if (!defaultList(result)?.includes(name)) {
    throw new NixsecretError(
      'policy',
      'cannot add to [default] of nixsecret.toml without harm; change it by hand',
    )
  }
  return result
}

function defaultList(text: string): readonly string[] | null {
  return parsePolicy(text, 'nixsecret.toml').default.to
}

/**
 * Takes a recipient out of the work tree's policy. Nothing is sealed anew by that.
 * @throws NixsecretError what `removeRecipient` of src/policy throws, `refused` where nobody would be left
 */
export async function removeRecipient(space: Workspace, name: string): Promise<PolicyEffect> {
  const { change, accepted } = await changeAsOwn(space, (text) => removeFromText(text, name))
  return { ...(await effectOf(space, change, change.before, name)), accepted }
}

/** What somebody says here is what they want; it accepts nothing of what others have said. */
async function changeAsOwn(space: Workspace, edit: (text: string) => string) {
  const own = await OwnChange.begin(space.repo)
  const change = changePolicy(space, edit)
  return { change, accepted: await own.accept(edit) }
}

/** Everybody in the policy, in its order. */
export async function listRecipients(space: Workspace): Promise<RecipientEntry[]> {
  const policy = await space.policy()
  const readers = await readersByName(space, policy)
  const own = new Set(await space.keys.recipients())
  return [...policy.recipients].map(([name, key]) => {
    const { type, canonical } = parseRecipient(key)
    const groups = [...policy.groups].filter(([, members]) => members.includes(name)).map(([group]) => group)
    return { name, key, type, groups, files: readers.get(name) ?? [], own: own.has(canonical) }
  })
}

async function readersByName(space: Workspace, policy: Policy): Promise<Map<string, BytePath[]>> {
  const found = new Map<string, BytePath[]>()
  const paths = new Set((await protectedFiles(space, [])).files.map(({ path }) => path))
  for (const path of paths) {
    for (const name of readersOf(policy, path) ?? []) {
      const files = found.get(name)
      if (files === undefined) found.set(name, [path])
      else files.push(path)
    }
  }
  return found
}

async function effectOf(
  space: Workspace,
  change: PolicyChange,
  asked: Policy,
  name: string,
): Promise<Omit<PolicyEffect, 'accepted'>> {
  const files = (await readersByName(space, asked)).get(name) ?? []
  const inDefault = asked.default.to?.includes(name) ?? false
  return { ...change, files, inDefault, stale: await countStale(space, change.after) }
}

async function countStale(space: Workspace, policy: Policy): Promise<number | null> {
  try {
    return (await staleFiles(space, policy, [])).stale.length
  } catch (fault) {
    if (fault instanceof NixsecretError && fault.code === 'policy') return null
    throw fault
  }
}
