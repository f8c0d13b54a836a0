import type { BytePath } from '../../byte-path.ts'
import { loadTrust, saveTrust, type TrustPlace } from './trust-state.ts'

/** Takes note that a blob is where the user put it; who may read the path is another matter. */
export function acceptAt(place: TrustPlace, path: BytePath, oid: string): void {
  const { state } = loadTrust(place)
  if (state !== null) saveTrust(place, { ...state, paths: new Map(state.paths).set(path, oid) })
}
