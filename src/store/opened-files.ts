import { beginsAsAge } from '../age/inspect.ts'
import { inspectFile } from '../blob/inspect-file.ts'
import { MAX_SOPS_SIZE } from '../blob/may-be-sops.ts'
import type { BytePath } from '../byte-path.ts'
import { CatFile, type ObjectContent } from '../git/cat-file.ts'
import type { FlaggedEntry } from '../git/flagged-index.ts'
import type { GitOptions } from '../git/run-git.ts'

/**
 * The files that were ciphertext and are plaintext now, since no attribute protects them any more: a line of
 * `.gitattributes` that was lost, or is bent on this machine alone (`info/attributes`), or a file that was moved.
 * @param former what index and HEAD had
 * @param drivers of the files that are protected: these are judged elsewhere
 * @param options where git finds the objects
 */
export async function openedFiles(
  former: readonly { readonly path: BytePath; readonly oid: string }[],
  entries: readonly FlaggedEntry[],
  drivers: ReadonlyMap<BytePath, unknown>,
  options: GitOptions,
): Promise<FlaggedEntry[]> {
  const isOpen = ({ mode, path }: FlaggedEntry) => mode.startsWith('100') && !drivers.has(path)
  const now = new Map(entries.filter(isOpen).map((entry) => [entry.path, entry]))
  const changed = former.filter(({ path, oid }) => now.has(path) && now.get(path)?.oid !== oid)
  if (changed.length === 0) return []
  const opened: FlaggedEntry[] = []
  const catFile = new CatFile(options)
  try {
    for (const { path, oid } of changed) {
      const before = await catFile.getUpTo(oid, MAX_SOPS_SIZE)
      if (before?.type !== 'blob' || !isCiphertext(path, before)) continue
      const entry = now.get(path) as FlaggedEntry
      const blob = await catFile.getUpTo(entry.oid, MAX_SOPS_SIZE)
      if (blob === null || (blob.size > 0 && !isCiphertext(path, blob))) opened.push(entry)
    }
    return opened
  } finally {
    catFile.close()
  }
}

function isCiphertext(path: BytePath, { content, size }: ObjectContent): boolean {
  return beginsAsAge(content) || inspectFile(path, content, size).kind === 'sops'
}
