import type { BytePath } from '../../byte-path.ts'
import { loadTrust, saveTrust, type TrustPlace } from './trust-state.ts'

/** Takes note that blobs are where the user put them; who may read the paths is another matter. */
export function acceptAt(
  place: TrustPlace,
  blobs: readonly (readonly [path: BytePath, oid: string])[],
): void {
  const { state } = loadTrust(place)
  if (state !== null) saveTrust(place, { ...state, paths: new Map([...state.paths, ...blobs]) })
}
