import { type BytePath, displayPath } from '../../../byte-path.ts'
import { NixsecretError } from '../../../errors.ts'
import type { Policy } from '../../../policy/policy.ts'
import { type Accepted, type Restricted, TRUST_HINTS } from '../accepted.ts'
import type { Exposed, Scene } from './exposed-by-move.ts'
import type { FormerBlob } from './former-blob.ts'

const known = new WeakMap<Accepted, Map<string, Promise<Exposed | null>>>()

/**
 * Who may be sealed for, where nothing came to the path that it lays open to more: what is sealed anew is known to nobody
 * as what it was.
 * @param former as for {@link Accepted.restrict}
 */
export async function notExposed(
  restricted: Restricted,
  {
    accepted,
    policy,
    path,
  }: { readonly accepted: Accepted; readonly policy: Policy; readonly path: BytePath },
  former: readonly (FormerBlob | null)[],
  scene: Scene,
): Promise<Restricted> {
  for (const blob of former) {
    if (blob === null || accepted.shows(policy, path, blob.oid).length === 0) continue
    const exposed = await look(accepted, policy, [path, blob.oid], scene)
    if (exposed !== null)
      return { ...restricted, readers: null, pending: true, fault: exposedFault(path, exposed) }
  }
  return restricted
}

function look(
  accepted: Accepted,
  policy: Policy,
  blob: readonly [BytePath, string],
  scene: Scene,
): Promise<Exposed | null> {
  const found = known.get(accepted) ?? new Map<string, Promise<Exposed | null>>()
  known.set(accepted, found)
  const key = `${blob.join('\0')}\0${policy.text}`
  const exposed = found.get(key) ?? lookNow(accepted, policy, blob, scene)
  found.set(key, exposed)
  return exposed
}

async function lookNow(
  accepted: Accepted,
  policy: Policy,
  blob: readonly [BytePath, string],
  scene: Scene,
): Promise<Exposed | null> {
  // Loaded here, since it is hardly ever needed.
  const { exposedByMove } = await import('./exposed-by-move.ts')
  return (await exposedByMove([blob], accepted, policy, scene)).get(blob[0]) ?? null
}

/** Why what came to a path must not be opened there. */
export function exposedFault(path: BytePath, { opens, from }: Exposed): NixsecretError {
  const what =
    from === null ? 'ciphertext that may be from anywhere' : `the ciphertext of ${displayPath(from)}`
  const then =
    opens === 'store'
      ? 'its plaintext enters the Nix store there'
      : 'names of its keys are readable in git there'
  return new NixsecretError(
    'refused',
    `${displayPath(path)} has ${what}, and you have not accepted that ${then}`,
    { hints: TRUST_HINTS },
  )
}
