import type { BytePath } from '../../byte-path.ts'

/** Files that were protected, are still tracked, and are protected no more. */
export function lostProtection(
  before: Iterable<BytePath>,
  tracked: { has(path: BytePath): boolean },
  files: { has(path: BytePath): boolean },
): BytePath[] {
  return [...before].filter((path) => tracked.has(path) && !files.has(path))
}
