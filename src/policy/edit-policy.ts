import { isDeepStrictEqual } from 'node:util'
import { parse } from 'smol-toml'
import { NixsecretError } from '../errors.ts'
import { closestName } from './closest-name.ts'
import { NAME_PATTERN, parsePolicy } from './parse-policy.ts'
import { holdsPrivateKey, quoteName } from './quote-name.ts'
import { TomlEdit } from './toml-edit.ts'

export { newPolicy, type PolicyContent } from './new-policy.ts'

/** The policy as plain data, in the shape that {@link parsePolicy} has accepted. */
export interface PolicyData {
  recipients?: Record<string, string>
  groups?: Record<string, string[]>
  default?: { to?: string[] }
  rule?: { paths?: string[]; to?: string[] }[]
}

/** Settings of the edits. */
export interface EditOptions {
  /** How messages name the file; default `nixsecret.toml`. */
  readonly file?: string
}

/** Settings of {@link addRecipient}. */
export interface AddOptions extends EditOptions {
  /** Groups that the recipient joins; they must be there. Without them nothing is for it yet. */
  readonly groups?: readonly string[]
}

/**
 * Adds a recipient to a policy. Comments and everything else stay as they are.
 * A recipient that is there with the same key only joins the groups.
 * @param key public key, already checked
 * @throws NixsecretError `policy` (the text is no policy), `usage` (the name), `recipient` (the key),
 *   `refused` (the name is taken), `missing` (no such group)
 */
export function addRecipient(text: string, name: string, key: string, options: AddOptions = {}): string {
  const file = options.file ?? 'nixsecret.toml'
  const policy = parsePolicy(text, file)
  checkNew(name, key)
  const there = policy.recipients.get(name)
  if (there !== undefined && there.trim() !== key.trim()) {
    throw new NixsecretError(
      'refused',
      `recipient ${quoteName(name)} is in ${file} already, with another key`,
      {
        hints: [`git nixsecret recipient remove ${name}`],
      },
    )
  }
  if (policy.groups.has(name)) {
    throw new NixsecretError('refused', `a group is called ${quoteName(name)} already; take another name`)
  }
  for (const group of options.groups ?? []) {
    if (policy.groups.has(group)) continue
    const known = [...policy.groups.keys()].join(', ')
    const help = known === '' ? `${file} has none` : `known: ${known}`
    throw new NixsecretError('missing', `unknown group ${quoteName(group)}; ${help}`)
  }
  return editPolicy(text, file, (data, toml) => {
    if (there === undefined) {
      data.recipients = { ...data.recipients, [name]: key }
      toml.addKey('recipients', name, key)
    }
    for (const group of new Set(options.groups ?? [])) {
      const members = data.groups?.[group]
      if (members === undefined || members.includes(name)) continue
      members.push(name)
      toml.appendText(['groups', group], name)
    }
  })
}

/**
 * Takes a recipient out of a policy: its key, and its name in every group and every `to`. Comments and everything
 * else stay, but for a comment beside, or directly above, what goes.
 * @throws NixsecretError `policy` (the text is no policy), `missing` (no such recipient),
 *   `refused` (a group or a `to` would be left empty)
 */
export function removeRecipient(text: string, name: string, options: EditOptions = {}): string {
  const file = options.file ?? 'nixsecret.toml'
  const policy = parsePolicy(text, file)
  if (!policy.recipients.has(name)) {
    const near = closestName(name, policy.recipients.keys())
    const known = [...policy.recipients.keys()].map((other) => other).join(', ')
    const help = near === null ? `known: ${known === '' ? 'none' : known}` : `did you mean "${near}"?`
    throw new NixsecretError('missing', `no recipient ${quoteName(name)} in ${file}; ${help}`)
  }
  const alone: string[] = []
  return editPolicy(text, file, (data, toml) => {
    const without = (list: string[], path: (string | number)[], where: string) => {
      const at = list.indexOf(name)
      if (at === -1) return
      if (list.length === 1) alone.push(where)
      list.splice(at, 1)
      toml.removeText(path, name)
    }
    for (const [group, list] of Object.entries(data.groups ?? {})) {
      without(list, ['groups', group], `group ${quoteName(group)}`)
    }
    without(data.default?.to ?? [], ['default', 'to'], '[default]')
    for (const [i, rule] of (data.rule ?? []).entries()) {
      without(rule.to ?? [], ['rule', i, 'to'], `rule ${i + 1}`)
    }
    if (alone.length > 0) {
      const message = `${quoteName(name)} is the only one in ${alone.join(', ')} of ${file}`
      throw new NixsecretError('refused', `${message}; put another there first`)
    }
    delete data.recipients?.[name]
    toml.removeKey('recipients', name)
  })
}

function checkNew(name: string, key: string): void {
  if (!NAME_PATTERN.test(name)) {
    const help = 'a name has letters, digits, ".", "_" and "-" only, and no "-" first'
    throw new NixsecretError('usage', `${quoteName(name)} cannot be the name of a recipient; ${help}`)
  }
  if (holdsPrivateKey(key)) {
    throw new NixsecretError('recipient', 'this is a private key; give the public key that belongs to it')
  }
  if (key.trim() === '' || /[\x00-\x08\x0a-\x1f\x7f]/.test(key)) {
    throw new NixsecretError('recipient', 'a public key is one line of text')
  }
}

/**
 * Makes the edits, and trusts nothing: what comes out must say exactly what was meant.
 * @param change edits data and text alike
 * @throws NixsecretError `policy` where the text can't be edited so
 */
export function editPolicy(
  text: string,
  file: string,
  change: (data: PolicyData, toml: TomlEdit) => void,
): string {
  const meant = parse(text) as PolicyData
  const toml = new TomlEdit(text)
  change(meant, toml)
  const result = toml.result()
  if (!says(result, meant)) {
    throw new NixsecretError('policy', `cannot edit ${file} without harm to it; change it by hand`)
  }
  return result
}

function says(text: string, meant: PolicyData): boolean {
  try {
    // Through JSON, as the parser's tables have no prototype and ours do.
    return isDeepStrictEqual(JSON.parse(JSON.stringify(parse(text))), JSON.parse(JSON.stringify(meant)))
  } catch {
    return false
  }
}
