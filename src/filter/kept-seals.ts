import type { Memo } from '../blob/memo.ts'
import type { Seal } from './seal-as.ts'
import { SealFile } from './seal-file.ts'

// Some thousands, with a handful of readers each.
const MAX_BYTES = 4 << 20
// What an entry takes beside its own bytes, about.
const OVERHEAD = 300
// A command that seals thousands stores them, most likely, and need not wait for this.
const MAX_WRITTEN = 256

/**
 * How plaintexts were sealed that git may not have stored. `git diff --binary` asks for a changed file twice, once
 * for its id and once for its bytes, and stores neither: the answers must be the same. What `git apply` compares it
 * with later comes from another process, so the newest are written down too.
 */
export class KeptSeals {
  readonly #file: SealFile
  readonly #kept = new Map<string, Seal>()
  readonly #fresh = new Map<string, { readonly hash: Buffer; readonly digest: string }>()
  #size = 0

  /** @param stateDir of the repository, see `Repository.stateDir` */
  constructor(stateDir: string, memo: Memo) {
    this.#file = new SealFile(`${stateDir}/seals`, memo.hashKey)
  }

  /**
   * How a plaintext was sealed for these readers, if that is known.
   * @param hash the memo's keyed hash of it
   * @param digest of the readers
   */
  find(hash: Buffer, digest: string): Seal | null {
    return this.#kept.get(nameOf(hash, digest)) ?? this.#file.find(hash, digest)
  }

  /** The oldest go where there are too many. */
  keep(hash: Buffer, digest: string, seal: Seal): void {
    const name = nameOf(hash, digest)
    this.#kept.set(name, seal)
    this.#fresh.set(name, { hash, digest })
    this.#size += seal.bytes.length + OVERHEAD
    for (const [old, { bytes }] of this.#kept) {
      if (this.#size <= MAX_BYTES) return
      this.#kept.delete(old)
      this.#fresh.delete(old)
      this.#size -= bytes.length + OVERHEAD
    }
  }

  /** Writes the newest down. Failing to (a full disk) loses only these. */
  save(): void {
    const newest = [...this.#fresh].slice(-MAX_WRITTEN)
    this.#fresh.clear()
    this.#file.append(
      newest.map(([name, { hash, digest }]) => ({ hash, digest, seal: this.#kept.get(name) as Seal })),
    )
  }
}

function nameOf(hash: Buffer, digest: string): string {
  return hash.toString('latin1') + digest
}
