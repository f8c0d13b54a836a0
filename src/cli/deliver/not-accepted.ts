import { notAccepted } from '../../blob/trust/accepted.ts'
import { restrictedAt } from '../../blob/trust/moved/restricted-at.ts'
import { type BytePath, displayPath } from '../../byte-path.ts'
import type { NixsecretError } from '../../errors.ts'
import { listFlaggedIndex } from '../../git/flagged-index.ts'
import { withNothing } from '../../policy/compare-policies.ts'
import { compareHosts } from '../../policy/compare-tables.ts'
import type { Policy } from '../../policy/policy.ts'
import type { Workspace } from '../../secret/workspace.ts'
import type { ChosenHost } from './choose-hosts.ts'

/**
 * Hosts that nothing may be sent to yet, by name: new or changed ones, and those that are to have a secret whose readers
 * have changed, as long as the user has not accepted it.
 */
export async function hostsNotAccepted(
  space: Workspace,
  policy: Policy,
  hosts: readonly ChosenHost[],
): Promise<ReadonlyMap<string, NixsecretError>> {
  const accepted = await space.trust.current(policy)
  const refused = new Map<string, NixsecretError>()
  for (const { name, fields } of compareHosts(withNothing(accepted.policies), policy)) {
    const what = fields.every(({ from }) => from === null) ? 'new' : 'changed'
    refused.set(name, notAccepted(`what goes to this host is ${what}: `, accepted, []))
  }
  const index = new Map(
    (await listFlaggedIndex(space.git)).map(({ path, oid, stage }) => [path, stage === 0 ? oid : null]),
  )
  const paths = new Map<BytePath, NixsecretError | null>()
  for (const { host, targets } of hosts) {
    for (const { path } of targets) {
      if (!paths.has(path)) {
        const { newcomers } = await restrictedAt(
          accepted,
          policy,
          { path, oid: index.get(path) ?? null },
          space,
        )
        const what = `who may read ${displayPath(path)} has changed: `
        paths.set(path, newcomers.length === 0 ? null : notAccepted(what, accepted, []))
      }
      const fault = paths.get(path) ?? null
      if (fault !== null && !refused.has(host.name)) refused.set(host.name, fault)
    }
  }
  return refused
}
