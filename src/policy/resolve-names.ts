import type { TomlPath } from './locate-key.ts'
import type { PolicySource } from './policy-source.ts'
import { holdsPrivateKey, quoteName } from './quote-name.ts'

/** Groups within groups, at most. */
const DEEPEST = 32
/** Most names that a message lists. */
const MOST_SHOWN = 20

/** The names that a list may use. */
export interface KnownNames {
  readonly recipients: ReadonlyMap<string, string>
  /** Group → its list as written. */
  readonly groups: ReadonlyMap<string, readonly string[]>
}

/**
 * Replaces `@group` in a `to` or a group by the group's members, groups within groups too.
 * @param where for messages, as `rule 3`
 * @returns names of recipients, no duplicates, in order of first mention
 * @throws NixsecretError `policy` for names that nothing defines, and groups that contain themselves
 */
export function resolveNames(
  source: PolicySource,
  known: KnownNames,
  list: { readonly entries: readonly string[]; readonly path: TomlPath; readonly where: string },
): string[] {
  const found = new Set<string>()
  // A group is walked once, or groups that name two groups each would take for ever.
  const done = new Set<string>()
  const expand = (entries: readonly string[], path: TomlPath, where: string, trail: readonly string[]) => {
    for (const [i, entry] of entries.entries()) {
      if (!entry.startsWith('@')) {
        if (!known.recipients.has(entry)) throw unknownName(source, known, entry, [...path, i], where)
        found.add(entry)
        continue
      }
      const group = entry.slice(1)
      const members = known.groups.get(group)
      if (members === undefined) throw unknownGroup(source, known, group, [...path, i], where)
      if (trail.includes(group)) {
        const circle = [...trail.slice(trail.indexOf(group)), group].map((name) => `@${name}`).join(' → ')
        throw source.fault([...path, i], `a group contains itself: ${circle}`)
      }
      if (done.has(group)) continue
      if (trail.length >= DEEPEST)
        throw source.fault([...path, i], `groups within groups, more than ${DEEPEST} deep`)
      expand(members, ['groups', group], `group ${quoteName(group)}`, [...trail, group])
      done.add(group)
    }
  }
  expand(list.entries, list.path, list.where, list.path[0] === 'groups' ? [String(list.path[1])] : [])
  return [...found]
}

function unknownName(source: PolicySource, known: KnownNames, name: string, path: TomlPath, where: string) {
  if (holdsPrivateKey(name)) {
    return source.fault(
      path,
      `a private key in ${where}; take it out, and make a new key: this one is no secret now`,
    )
  }
  if (/^(age1|ssh-)/.test(name)) {
    return source.fault(path, `a public key in ${where}; give it a name, and write the name here`, [
      'git nixsecret recipient add NAME KEY',
    ])
  }
  if (known.groups.has(name))
    return source.fault(path, `${quoteName(name)} in ${where} is a group; write "@${name}"`)
  const hint = /^[A-Za-z0-9._][A-Za-z0-9._-]*$/.test(name) ? name : 'NAME'
  return source.fault(
    path,
    `unknown recipient ${quoteName(name)} in ${where}; ${listNames(known.recipients.keys(), '')}`,
    [`git nixsecret recipient add ${hint} KEY`],
  )
}

function unknownGroup(source: PolicySource, known: KnownNames, name: string, path: TomlPath, where: string) {
  if (known.recipients.has(name)) {
    return source.fault(path, `${quoteName(`@${name}`)} in ${where} is no group; write ${quoteName(name)}`)
  }
  return source.fault(
    path,
    `unknown group ${quoteName(`@${name}`)} in ${where}; ${listNames(known.groups.keys(), '@')}`,
  )
}

function listNames(names: Iterable<string>, prefix: string): string {
  const all = [...names]
  if (all.length === 0) return 'none is known'
  const shown = all.slice(0, MOST_SHOWN).map((name) => prefix + name)
  return `known: ${shown.join(', ')}${all.length > MOST_SHOWN ? ', …' : ''}`
}
