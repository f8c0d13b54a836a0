import type { TreeState } from '../blob/tree-state.ts'
import type { BytePath } from '../byte-path.ts'
import type { Inspection } from './inspection.ts'

/**
 * What it means that a protected file lies open in a work tree: `leaks`, since Nix copies it to its store; `allowed`,
 * by the policy (`store = "plaintext"`) and whoever has accepted that here; `sealed`: it is not to lie open at all (`filter=nixsecret-sealed`).
 */
export type IfOpen = 'leaks' | 'allowed' | 'sealed'

/** What it would mean for one file. */
export async function ifOpen(
  inspection: Inspection,
  { path, state }: { readonly path: BytePath; readonly state: TreeState },
): Promise<IfOpen> {
  // They stay ciphertext whatever the policy says.
  if ((await state.group.drivers([path])).get(path) === 'nixsecret-sealed') return 'sealed'
  const at = await inspection.policies.at(state.policy)
  return 'policy' in at && (await inspection.letsIntoStore(at.policy, path)) ? 'allowed' : 'leaks'
}
