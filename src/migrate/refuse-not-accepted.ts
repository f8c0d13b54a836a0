import { driversOf } from '../blob/protected-files.ts'
import { readersFor } from '../blob/readers.ts'
import { Accepted, notAccepted } from '../blob/trust/accepted.ts'
import { canonical } from '../blob/trust/canonical.ts'
import { readFormer } from '../blob/trust/moved/read-former.ts'
import { restrictedAt } from '../blob/trust/moved/restricted-at.ts'
import { displayPath } from '../byte-path.ts'
import { listFlaggedIndex } from '../git/flagged-index.ts'
import { comparePolicies } from '../policy/compare-policies.ts'
import type { Policy } from '../policy/policy.ts'
import type { ImportPlace } from './import-place.ts'
import type { ImportedSecret } from './import-plan.ts'

/**
 * Refuses secrets whose readers come from the policy where the user has not accepted what it says of them. Of readers
 * that the source names by their keys see `refuseWidened`.
 * @throws NixsecretError `refused`
 */
export async function refuseNotAccepted(
  place: ImportPlace,
  policy: Policy,
  secrets: readonly ImportedSecret[],
): Promise<void> {
  const accepted = await Accepted.load(place, policy)
  if (accepted.state === null && secrets.length > 0) throw notAccepted('', accepted, [])
  const byName = secrets.find(({ readers }) => readers?.some((reader) => 'name' in reader))
  if (byName !== undefined && !accepted.isWhole(policy)) {
    const gains = comparePolicies(accepted.policies, policy, { paths: [], canonical })
    if (gains.some(({ kind }) => kind === 'reader'))
      throw notAccepted(
        `${displayPath(byName.path)} would be for readers that nixsecret.toml names: `,
        accepted,
        [],
      )
  }
  const oids = new Map(
    (await listFlaggedIndex(place.git)).flatMap(({ path, oid, stage }) => (stage === 0 ? [[path, oid]] : [])),
  )
  const paths = secrets.flatMap(({ path, readers }) => (readers === null ? [path] : []))
  const known = new Set(accepted.state?.paths.values())
  const ours = await driversOf(paths, place.git)
  for (const path of paths) {
    const name = oids.get(path) ?? Buffer.from(`HEAD:${path}`, 'latin1')
    const former = await readFormer(place.catFile, path, name, readersFor(policy, path))
    // Age files of another tool do not tell for whom they are; ours do, wherever somebody has put them.
    const isForeign =
      !ours.has(path) && former?.digest === null && former.keys === null && !known.has(former.oid)
    const restricted = isForeign
      ? accepted.restrict(policy, path, [])
      : await restrictedAt(accepted, policy, { path, oid: oids.get(path) ?? null }, place)
    if (restricted.pending) throw accepted.refusal(path, restricted)
  }
}
