import type { BytePath } from '../../byte-path.ts'
import type { CatFile } from '../../git/cat-file.ts'
import type { Policy } from '../../policy/policy.ts'
import { readersFor } from '../readers.ts'
import type { Accepted, Restricted } from './accepted.ts'
import { readFormer } from './read-former.ts'

/**
 * For whom a path may be sealed, with a view to what git has there: see {@link Accepted.restrict}.
 * @param oid of the index entry; null where there is none, or a merge left it in conflict
 * @throws NixsecretError `policy` where the policy names nobody
 */
export async function restrictedAt(
  accepted: Accepted,
  policy: Policy,
  { path, oid }: { readonly path: BytePath; readonly oid: string | null },
  catFile: CatFile,
): Promise<Restricted> {
  const readers = readersFor(policy, path)
  const named = (tree: string) => Buffer.from(`${tree}:${path}`, 'latin1')
  const names = oid === null ? [named('HEAD'), named(':3')] : [oid]
  const former = await Promise.all(names.map((name) => readFormer(catFile, path, name, readers)))
  return accepted.restrict(policy, path, former)
}
