import type { BytePath } from '../../../byte-path.ts'
import type { Policy } from '../../../policy/policy.ts'
import { readersFor } from '../../readers.ts'
import type { Accepted, Restricted } from '../accepted.ts'
import type { Scene } from './exposed-by-move.ts'
import { notExposed } from './not-exposed.ts'
import { readFormer } from './read-former.ts'

/**
 * For whom a path may be sealed, with a view to what git has there: see {@link Accepted.restrict}.
 * @param oid of the index entry; null where there is none, or a merge left it in conflict
 * @param stray of the blob that the work tree's file was last written from, where that is another one
 * @throws NixsecretError `policy` where the policy names nobody
 */
export async function restrictedAt(
  accepted: Accepted,
  policy: Policy,
  {
    path,
    oid,
    stray = null,
  }: { readonly path: BytePath; readonly oid: string | null; readonly stray?: string | null },
  scene: Scene,
): Promise<Restricted> {
  const readers = readersFor(policy, path)
  const named = (tree: string) => Buffer.from(`${tree}:${path}`, 'latin1')
  const names: (string | Buffer)[] = oid === null ? [named('HEAD'), named(':3')] : [oid]
  if (stray !== null) names.push(stray)
  const former = await Promise.all(names.map((name) => readFormer(scene.catFile, path, name, readers)))
  const restricted = accepted.restrict(policy, path, former)
  return notExposed(restricted, { accepted, policy, path }, former, scene)
}
