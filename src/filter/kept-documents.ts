import { createHmac } from 'node:crypto'
import * as fs from 'node:fs'
import type { FilterContext } from './filter-context.ts'

// As much as is written down at most.
const MOST_FILES = 128
const MOST_BYTES = 64 << 20

/**
 * SOPS documents that were made lately and that git may not have stored: it asks twice for what it compares, and the
 * answers must be the same. They are ciphertext, and are written down as they are, since the second question may come
 * from another process; the names are keyed, so that they confirm no guess of a content.
 */
export class KeptDocuments {
  static readonly #of = new WeakMap<FilterContext, KeptDocuments>()

  readonly #dir: string
  readonly #key: Buffer | null
  readonly #kept = new Map<string, Buffer>()

  private constructor(dir: string, key: Buffer | null) {
    this.#dir = dir
    this.#key = key
  }

  static in(context: FilterContext): KeptDocuments {
    let kept = KeptDocuments.#of.get(context)
    if (kept === undefined) {
      kept = new KeptDocuments(`${context.repo.stateDir}/sops`, context.memo.hashKey)
      KeptDocuments.#of.set(context, kept)
    }
    return kept
  }

  /**
   * The document that was made for just this, if it is known.
   * @param parts all that decides what it is like
   */
  find(parts: readonly string[]): Buffer | null {
    const name = this.#name(parts)
    return this.#kept.get(name) ?? this.#read(name)
  }

  keep(parts: readonly string[], document: Buffer): void {
    const name = this.#name(parts)
    this.#kept.set(name, document)
    this.#write(name, document)
  }

  #name(parts: readonly string[]): string {
    return createHmac('sha256', this.#key ?? '')
      .update(JSON.stringify(parts))
      .digest('hex')
  }

  #read(name: string): Buffer | null {
    if (this.#key === null) return null
    try {
      return fs.readFileSync(`${this.#dir}/${name}`)
    } catch {
      return null
    }
  }

  /** Failing to (a full disk) costs a different ciphertext next time. */
  #write(name: string, document: Buffer): void {
    if (this.#key === null) return
    const fresh = `${this.#dir}/${name}.${process.pid}`
    try {
      fs.mkdirSync(this.#dir, { recursive: true, mode: 0o700 })
      this.#makeRoom(document.length)
      fs.writeFileSync(fresh, document, { mode: 0o600, flag: 'wx' })
      fs.renameSync(fresh, `${this.#dir}/${name}`)
    } catch {
      fs.rmSync(fresh, { force: true })
    }
  }

  /** The oldest go. */
  #makeRoom(size: number): void {
    const files = fs.readdirSync(this.#dir).flatMap((name) => {
      const stat = fs.statSync(`${this.#dir}/${name}`, { throwIfNoEntry: false })
      return stat === undefined ? [] : [{ name, size: stat.size, time: stat.mtimeMs }]
    })
    files.sort((one, other) => one.time - other.time)
    let bytes = size + files.reduce((sum, file) => sum + file.size, 0)
    for (let left = files.length; left >= MOST_FILES || bytes > MOST_BYTES; left--) {
      const oldest = files.shift()
      if (oldest === undefined) return
      fs.rmSync(`${this.#dir}/${oldest.name}`, { force: true })
      bytes -= oldest.size
    }
  }
}
