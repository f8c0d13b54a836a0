import type { Keys } from '../blob/keys.ts'
import type { Memo } from '../blob/memo.ts'
import type { Opened } from '../blob/open-blob.ts'
import type { BytePath } from '../byte-path.ts'
import { CryptoThread } from './crypto-thread.ts'

// A thread costs what a handful of blobs cost.
const BEFORE_THREAD = 6
const BATCH = 16
const MAX_BLOB = 1 << 18
// Blobs and plaintexts that are held at the same time, in bytes.
const MAX_HELD = 48 << 20
// The thread answers within milliseconds; after this long we do its work.
const PATIENCE = 10_000

/** What the thread is told first. */
export interface KeyOrder {
  readonly kind: 'keys'
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array }[]
  /** Of the memo. */
  readonly hashKey: Uint8Array | null
}

/** Blobs to open. */
export interface OpenOrder {
  readonly kind: 'open'
  readonly blobs: readonly { readonly id: number; readonly blob: Uint8Array }[]
}

/** What became of one. */
export interface OpenAnswer {
  readonly id: number
  readonly state: Opened['state']
  readonly plaintext?: Uint8Array
  /** Of the plaintext, by the memo's key. */
  readonly hash?: Uint8Array
  /** Of the readers, as the header says. */
  readonly digest?: string | null
}

/** A blob whose answer was put off. */
export interface Delayed {
  readonly path: BytePath
  readonly oid: string | null
  readonly blob: Buffer
  answer: OpenAnswer | null
}

/**
 * Opens blobs in a thread while git is still handing over more of them, where git lets us put the answer off.
 * https://git-scm.com/docs/gitattributes#_delay
 */
export class BlobOpener {
  readonly #keys: Keys
  readonly #memo: Memo
  #thread: CryptoThread | null = null
  readonly #byPath = new Map<BytePath, Delayed>()
  readonly #open = new Map<number, Delayed>()
  #batch: OpenOrder['blobs'][number][] = []
  #ready: BytePath[] = []
  #seen = 0
  #held = 0

  constructor(keys: Keys, memo: Memo) {
    this.#keys = keys
    this.#memo = memo
  }

  /** Whether a blob was taken to be opened aside; if not, it is to be opened here and now. */
  async accept(path: BytePath, oid: string | null, blob: Buffer): Promise<boolean> {
    if (++this.#seen <= BEFORE_THREAD || blob.length === 0 || blob.length > MAX_BLOB) return false
    if (this.#held + 2 * blob.length > MAX_HELD || this.#byPath.has(path)) return false
    if (this.#thread === null && !(await this.#start())) return false
    const delayed: Delayed = { path, oid, blob, answer: null }
    this.#held += 2 * blob.length
    this.#byPath.set(path, delayed)
    this.#open.set(this.#seen, delayed)
    this.#batch.push({ id: this.#seen, blob })
    if (this.#batch.length === BATCH) this.#send()
    return true
  }

  /** Whether the answer for this path was put off. */
  has(path: BytePath): boolean {
    return this.#byPath.has(path)
  }

  /** Hands a delayed blob back, with what became of it; no answer: it is still to be opened. */
  take(path: BytePath): Delayed | null {
    const delayed = this.#byPath.get(path)
    if (delayed === undefined) return null
    this.#byPath.delete(path)
    this.#held -= 2 * delayed.blob.length
    return delayed
  }

  /** Paths that became ready since it was last asked; at least one, as long as any is not. */
  available(): BytePath[] {
    this.#send()
    this.#collect()
    if (this.#ready.length === 0 && this.#open.size > 0) {
      this.#thread?.wait(PATIENCE)
      this.#collect()
    }
    if (this.#ready.length === 0) {
      // The thread is dead or stuck.
      for (const { path } of this.#open.values()) this.#ready.push(path)
      this.#open.clear()
    }
    return this.#ready.splice(0)
  }

  close(): void {
    this.#thread?.close()
  }

  async #start(): Promise<boolean> {
    this.#thread = CryptoThread.start()
    if (this.#thread === null) {
      this.#seen = Number.NEGATIVE_INFINITY
      return false
    }
    const order: KeyOrder = { kind: 'keys', files: await this.#keys.files(), hashKey: this.#memo.hashKey }
    this.#thread.post(order)
    return true
  }

  #send(): void {
    if (this.#batch.length === 0) return
    const order: OpenOrder = { kind: 'open', blobs: this.#batch }
    this.#batch = []
    this.#thread?.post(order)
  }

  #collect(): void {
    for (;;) {
      const answers = this.#thread?.receive() as readonly OpenAnswer[] | undefined
      if (answers === undefined) return
      for (const answer of answers) {
        const delayed = this.#open.get(answer.id)
        if (delayed === undefined) continue
        delayed.answer = answer
        this.#open.delete(answer.id)
        this.#ready.push(delayed.path)
      }
    }
  }
}
