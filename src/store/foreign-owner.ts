import { statSync } from 'node:fs'
import type { Repository } from '../git/repository.ts'

/** The user whose repository this is, where we are root and it is somebody else's; null otherwise. */
export function foreignOwner(repo: Repository): number | null {
  if (process.geteuid?.() !== 0) return null
  const { uid } = statSync(repo.commonDir)
  return uid === 0 ? null : uid
}
