import { displayPath } from '../byte-path.ts'
import type { AllowChange, HostChange } from './change.ts'
import type { HostAddress } from './host-address.ts'
import type { Policy, PolicyHost } from './policy.ts'

/** What `[[check.allow]]` silences that one of the others did not, by rule and pattern; the reason does not count. */
export function compareAllowances(before: readonly Policy[], after: Policy): AllowChange[] {
  const sides = before.map(({ allow }) => {
    return new Set(allow.flatMap(({ rules, paths }) => rules.flatMap((rule) => paths.map(joined(rule)))))
  })
  return after.allow.flatMap(({ rules, paths, reason }) =>
    rules.flatMap((rule): AllowChange[] => {
      const patterns = paths.filter((path) => sides.some((side) => !side.has(joined(rule)(path))))
      return patterns.length === 0 ? [] : [{ kind: 'allow', rule, patterns, reason }]
    }),
  )
}

function joined(rule: string): (pattern: string) => string {
  return (pattern) => `${rule}\0${pattern}`
}

/** Hosts that are new or changed in any field, held against each of the others; what is gone does not count. */
export function compareHosts(before: readonly Policy[], after: Policy): HostChange[] {
  const changes: HostChange[] = []
  for (const [name, host] of after.hosts) {
    const fields = new Map<string, HostChange['fields'][number]>()
    for (const side of before) {
      for (const field of newFields(side.hosts.get(name) ?? null, host))
        fields.set(`${field.field}\0${field.to}`, field)
    }
    if (fields.size > 0) changes.push({ kind: 'host', name, fields: [...fields.values()] })
  }
  return changes
}

function newFields(before: PolicyHost | null, after: PolicyHost): HostChange['fields'] {
  const plain = (['address', 'layout'] as const).flatMap((field) => {
    const from = before === null ? null : fieldText(before, field)
    const to = fieldText(after, field)
    return from === to ? [] : [{ field, from, to }]
  })
  const known = new Set(before?.keys.map(keyText))
  const keys = after.keys.map(keyText).filter((text) => !known.has(text))
  return [...plain, ...keys.map((to) => ({ field: 'key', from: null, to }))]
}

function fieldText(host: PolicyHost, field: 'address' | 'layout'): string {
  return field === 'layout' ? host.layout : addressText(host.address)
}

function addressText({ user, host, port }: HostAddress): string {
  const place = host.includes(':') ? `[${host}]` : host
  return `${user === null ? '' : `${user}@`}${place}${port === null ? '' : `:${port}`}`
}

function keyText({ path, name, dir, user, group, mode }: PolicyHost['keys'][number]): string {
  const rest = Object.entries({ name, dir, user, group, mode })
  const said = rest.flatMap(([key, value]) => (value === null ? [] : [`${key} ${value}`]))
  return [displayPath(path), ...said].join(', ')
}
