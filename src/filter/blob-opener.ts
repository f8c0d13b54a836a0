import { headerDigest } from '../blob/judge-readers.ts'
import type { Keys } from '../blob/keys.ts'
import type { Memo } from '../blob/memo.ts'
import { type Opened, openBlob } from '../blob/open-blob.ts'
import type { BytePath } from '../byte-path.ts'
import { CryptoThread } from './crypto-thread.ts'

// A thread costs what a handful of blobs cost.
const BEFORE_THREAD = 6
const BATCH = 16
// Batches that the thread has before it; the rest waits here, where we help once git has nothing more for us.
const AHEAD = 3
const MAX_BLOB = 1 << 18
// Blobs and plaintexts that are held at the same time, in bytes.
const MAX_HELD = 48 << 20
const EMPTY = Buffer.alloc(0)
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

/** What became of a batch. */
export interface OpenAnswers {
  /** Of all that could be opened, one behind the other. */
  readonly plaintexts: Uint8Array
  readonly answers: readonly OpenAnswer[]
}

/** What became of one. */
export interface OpenAnswer {
  readonly id: number
  readonly state: Opened['state']
  /** Bytes of its plaintext. */
  readonly size: number
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
  answer: (OpenAnswer & { readonly plaintext: Uint8Array }) | null
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
  #waiting: OpenOrder['blobs'][number][] = []
  #batches = 0
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
    this.#waiting.push({ id: this.#seen, blob })
    this.#collect()
    if (this.#waiting.length >= BATCH) this.#send()
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
  async available(): Promise<BytePath[]> {
    this.#collect()
    this.#send()
    while (this.#ready.length < BATCH && this.#waiting.length > 0) {
      await this.#openOne()
      this.#collect()
      this.#send()
    }
    if (this.#ready.length === 0 && this.#open.size > 0) {
      this.#thread?.wait(PATIENCE)
      this.#collect()
    }
    if (this.#ready.length === 0) {
      // The thread is dead or stuck: each will be opened when it is taken.
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
    while (this.#batches < AHEAD && this.#waiting.length > 0) {
      const order: OpenOrder = { kind: 'open', blobs: this.#waiting.splice(0, BATCH) }
      this.#batches++
      this.#thread?.post(order)
    }
  }

  // The last one, which the thread would come to last.
  async #openOne(): Promise<void> {
    const { id, blob } = this.#waiting.pop() as OpenOrder['blobs'][number]
    const opened = await this.#openHere(Buffer.from(blob.buffer, blob.byteOffset, blob.length))
    if (opened.state !== 'open') return this.#done({ id, state: opened.state, size: 0 }, EMPTY)
    const { plaintext, header } = opened
    const learned = { hash: this.#memo.hash(plaintext), digest: headerDigest(header) }
    this.#done({ id, state: 'open', size: plaintext.length, ...learned }, plaintext)
  }

  async #openHere(blob: Buffer): Promise<Opened> {
    try {
      return await openBlob(blob, await this.#keys.identities())
    } catch {
      // Whatever is wrong with the keys comes to light when it is tried again, on its own.
      return { state: 'locked' }
    }
  }

  #collect(): void {
    for (;;) {
      const message = this.#thread?.receive() as OpenAnswers | undefined
      if (message === undefined) return
      this.#batches--
      let at = 0
      for (const answer of message.answers) {
        this.#done(answer, message.plaintexts.subarray(at, at + answer.size))
        at += answer.size
      }
    }
  }

  #done(answer: OpenAnswer, plaintext: Uint8Array): void {
    const delayed = this.#open.get(answer.id)
    if (delayed === undefined) return
    delayed.answer = { ...answer, plaintext }
    this.#open.delete(answer.id)
    this.#ready.push(delayed.path)
  }
}
