import type { AgeRecipient } from '../age/age-recipient.ts'
import type { PreparedHeader } from '../age/seal.ts'
import { headerFor } from '../blob/plugins.ts'
import type { Readers } from '../blob/readers.ts'
import { CryptoThread } from './crypto-thread.ts'

// A thread costs what a handful of headers cost.
const BEFORE_WORKER = 6
// Headers that are ready or asked for, and how many are asked for at once.
const STOCK = 96
const BATCH = 16

/** What the worker is asked: headers for one set of readers. */
export interface HeaderOrder {
  readonly kind: 'headers'
  readonly set: number
  readonly count: number
  /** Canonical keys, and our stanza's arguments; only in the first order of a set. */
  readonly recipients?: readonly string[]
  readonly stanza?: readonly string[]
}

/** What it sends: file keys and headers, all of one length, one behind the other. */
export interface HeaderBatch {
  readonly set: number
  readonly count: number
  readonly fileKeys: Uint8Array
  readonly headers: Uint8Array
}

interface Stock {
  readonly set: number
  readonly ready: PreparedHeader[]
  ordered: number
  taken: number
}

/**
 * Headers for new blobs. All of an age file but its payload can be made before the content is there, so when many
 * are needed a worker thread makes them while git works.
 */
export class HeaderSource {
  readonly #stocks = new Map<string, Stock>()
  #thread: CryptoThread | null = null

  /** A header for one blob. */
  take(readers: Readers): PreparedHeader | Promise<PreparedHeader> {
    const stock = this.#stockFor(readers)
    if (++stock.taken > BEFORE_WORKER && readers.recipients.every(isMadeAhead)) {
      this.#order(stock, readers)
      this.#collect()
    }
    return stock.ready.pop() ?? headerFor(readers)
  }

  close(): void {
    this.#thread?.close()
  }

  #stockFor(readers: Readers): Stock {
    let stock = this.#stocks.get(readers.digest)
    if (stock === undefined) {
      stock = { set: this.#stocks.size, ready: [], ordered: 0, taken: 0 }
      this.#stocks.set(readers.digest, stock)
    }
    return stock
  }

  #order(stock: Stock, readers: Readers): void {
    this.#thread ??= CryptoThread.start()
    if (this.#thread === null) return
    while (stock.ready.length + stock.ordered <= STOCK - BATCH) {
      const first = stock.taken === BEFORE_WORKER + 1 && stock.ordered === 0
      const order: HeaderOrder = { kind: 'headers', set: stock.set, count: BATCH }
      this.#thread.post(
        first
          ? { ...order, recipients: readers.recipients.map((r) => r.canonical), stanza: readers.stanza.args }
          : order,
      )
      stock.ordered += BATCH
    }
  }

  #collect(): void {
    for (;;) {
      const batch = this.#thread?.receive() as HeaderBatch | undefined
      if (batch === undefined) return
      const stock = [...this.#stocks.values()].find(({ set }) => set === batch.set)
      if (stock === undefined) continue
      stock.ordered -= batch.count
      const length = batch.headers.length / batch.count
      for (let i = 0; i < batch.count; i++) {
        stock.ready.push({
          fileKey: Buffer.from(batch.fileKeys.subarray(i * 16, (i + 1) * 16)),
          bytes: Buffer.from(batch.headers.buffer, batch.headers.byteOffset + i * length, length),
        })
      }
    }
  }
}

/** Whether the thread makes headers for such a key: not where that takes what is not loaded there. */
function isMadeAhead({ type }: AgeRecipient): boolean {
  return type !== 'plugin' && type !== 'mlkem768x25519'
}
