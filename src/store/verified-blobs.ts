import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspectFile, isSealed } from '../blob/inspect-file.ts'
import { CatFile } from '../git/cat-file.ts'
import type { TreeEntry } from '../git/list-index.ts'
import type { GitOptions } from '../git/run-git.ts'
import { replaceFile } from '../host/replace-file.ts'

/** Bytes that hold any header; of armored blobs the whole is needed, which is no larger. */
const HEAD_SIZE = 64 << 20

/** Which blobs are known to be ciphertext, or empty. An id stands for its bytes, so what was seen once stays true. */
export class VerifiedBlobs {
  readonly #file: string
  readonly #known: Set<string>

  /** @param dir of the twin */
  constructor(dir: string) {
    this.#file = join(dir, 'verified')
    this.#known = new Set(read(this.#file))
  }

  /** Those of the entries that are no ciphertext. @param options where git finds their objects */
  async unsealed<Entry extends TreeEntry>(entries: readonly Entry[], options: GitOptions): Promise<Entry[]> {
    const unknown = entries.filter(({ oid }) => !this.#known.has(oid))
    if (unknown.length === 0) return []
    const open = new Set<string>()
    const catFile = new CatFile(options)
    try {
      for (const { oid, path } of unknown) {
        if (this.#known.has(oid) || open.has(oid)) continue
        const blob = await catFile.getUpTo(oid, HEAD_SIZE)
        const sealed = blob?.type === 'blob' && isSealed(inspectFile(path, blob.content, blob.size))
        if (sealed) this.#known.add(oid)
        else open.add(oid)
      }
    } finally {
      catFile.close()
    }
    return unknown.filter(({ oid }) => open.has(oid))
  }

  /** Writes down what is known of these, and forgets all others. */
  keep(entries: readonly TreeEntry[]): void {
    const kept = entries.map(({ oid }) => oid).filter((oid) => this.#known.has(oid))
    const text = [...new Set(kept)].sort().join('\n')
    if (text !== read(this.#file).join('\n')) replaceFile(this.#file, text)
  }
}

function read(file: string): string[] {
  try {
    return readFileSync(file, 'latin1').split('\n').filter(Boolean)
  } catch {
    return []
  }
}
