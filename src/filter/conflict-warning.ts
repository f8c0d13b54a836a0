import { type BytePath, displayPath } from '../byte-path.ts'
import type { ConflictMarkers } from './conflict-markers.ts'

/** What to say where new content holds conflict markers. */
export function conflictWarning(path: BytePath, markers: ConflictMarkers): { warning?: string } {
  if (!markers.found) return {}
  return {
    warning: `${displayPath(path)} holds conflict markers, which nobody sees any more once it is encrypted`,
  }
}
