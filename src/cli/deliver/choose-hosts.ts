import { displayPath, displayText } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { closestName } from '../../policy/closest-name.ts'
import { type DeliveryTarget, deliveryTargets, targetPath } from '../../policy/host-targets.ts'
import type { Layout } from '../../policy/layout.ts'
import type { Policy, PolicyHost } from '../../policy/policy.ts'

/** A host, and what is to be there. */
export interface ChosenHost {
  readonly host: PolicyHost
  readonly targets: readonly DeliveryTarget[]
}

/** What the command line says of hosts. */
export interface Choice {
  readonly names: readonly string[]
  readonly all: boolean
  /** Null: each host's own. */
  readonly layout: Layout | null
}

/**
 * The hosts that are meant, each once.
 * @throws NixsecretError `usage` where none is named; `missing` where the policy has no such host; `policy` where two
 *   keys are one place in the layout asked for
 */
export function chooseHosts(policy: Policy, { names, all, layout }: Choice): ChosenHost[] {
  if (all && names.length > 0)
    throw new NixsecretError('usage', '--all means every host; name none beside it')
  if (!all && names.length === 0) {
    throw new NixsecretError('usage', 'deliver needs the name of a host, or --all', {
      hints: [
        policy.hosts.size === 0 ? 'git nixsecret deliver --help' : 'git nixsecret deliver --all --dry-run',
      ],
    })
  }
  if (all && policy.hosts.size === 0) {
    throw new NixsecretError('missing', `${policy.file} has no host; write [host.NAME] and [[host.NAME.key]]`)
  }
  const chosen = all ? [...policy.hosts.values()] : [...new Set(names)].map((name) => hostOf(policy, name))
  return chosen.map((host) => ({ host, targets: targetsOf(host, layout ?? host.layout, policy.file) }))
}

function hostOf(policy: Policy, name: string): PolicyHost {
  const host = policy.hosts.get(name)
  if (host !== undefined) return host
  const near = closestName(name, policy.hosts.keys())
  const known = [...policy.hosts.keys()].slice(0, 10).join(', ')
  const help = near !== null ? `did you mean ${near}?` : known === '' ? 'it has none' : `known: ${known}`
  throw new NixsecretError('missing', `${policy.file} has no host ${displayText(name)}; ${help}`)
}

// The policy was judged for the host's own layout alone.
function targetsOf(host: PolicyHost, layout: Layout, file: string): DeliveryTarget[] {
  const targets = deliveryTargets(host, layout)
  const seen = new Map<string, DeliveryTarget>()
  for (const target of targets) {
    const path = targetPath(target)
    const other = seen.get(path)
    if (target.odd === null && other === undefined) {
      seen.set(path, target)
      continue
    }
    const what =
      other === undefined
        ? `a folder of ${displayPath(target.path)} cannot be called so`
        : twice(other, target)
    throw new NixsecretError(
      'policy',
      `${file}: host ${host.name}, layout ${layout}: ${what}; give it a "dir"`,
    )
  }
  return targets
}

function twice(one: DeliveryTarget, other: DeliveryTarget): string {
  return `${displayPath(one.path)} and ${displayPath(other.path)} are both ${targetPath(one)}`
}
