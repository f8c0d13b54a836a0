import { LockState } from '../blob/lock-state.ts'
import type { BytePath } from '../byte-path.ts'
import { checkoutIndex } from '../git/checkout-index.ts'
import type { Repository } from '../git/repository.ts'
import { requireWorkTree } from '../git/repository.ts'
import { type ProtectedEntry, protectedFiles } from './protected-files.ts'
import { looksSealed, workFileId } from './work-file.ts'

/** What became of the protected files of a clone. */
export interface OpenReport {
  /** Ciphertext before, plaintext now. */
  readonly opened: readonly BytePath[]
  /** Still ciphertext: no key here opens them. */
  readonly locked: readonly BytePath[]
  /** Ciphertext that differs from what git has: left alone. */
  readonly changed: readonly BytePath[]
}

/**
 * Has git write every protected file anew that lies in the work tree as its unmodified ciphertext, so that the
 * filter decrypts it. Nothing else is touched: neither what was changed, nor what `lock` holds, nor sealed paths.
 */
export async function openLocked(repo: Repository): Promise<OpenReport> {
  const workTree = requireWorkTree(repo)
  const locks = LockState.load(repo)
  const sealed = (await protectedFiles(repo)).filter(
    (entry) => mayOpen(entry) && !locks.isLocked(entry.path) && looksSealed(workTree, entry.path),
  )
  const same = sealed.filter((entry) => workFileId(workTree, entry.path, repo.objectFormat) === entry.oid)
  await checkoutIndex(
    same.map((entry) => entry.path),
    { cwd: workTree, filtered: true },
  )
  const opened = same.filter((entry) => !looksSealed(workTree, entry.path)).map((entry) => entry.path)
  const isOpen = new Set(opened)
  const paths = (entries: readonly ProtectedEntry[]) => entries.map((entry) => entry.path)
  return {
    opened,
    locked: paths(same).filter((path) => !isOpen.has(path)),
    changed: paths(sealed.filter((entry) => !same.includes(entry))),
  }
}

function mayOpen(entry: ProtectedEntry): boolean {
  return entry.stage === 0 && entry.driver === 'nixsecret' && entry.mode.startsWith('100')
}
