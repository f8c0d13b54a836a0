import type { BytePath } from '../byte-path.ts'
import { storeOf } from '../policy/readers-of.ts'
import type { Inspection } from './inspection.ts'
import type { TreeState } from './tree-state.ts'

/** Whether the policy lets a protected file's plaintext into the store, so that it may lie open in a work tree. */
export async function mayLieOpen(
  inspection: Inspection,
  { path, state }: { readonly path: BytePath; readonly state: TreeState },
): Promise<boolean> {
  // Sealed ones are ciphertext there too, whatever the policy says.
  if ((await state.group.drivers([path])).get(path) !== 'nixsecret') return false
  const at = await inspection.policies.at(state.policy)
  return 'policy' in at && storeOf(at.policy, path) === 'plaintext'
}
