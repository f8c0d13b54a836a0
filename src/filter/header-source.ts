import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { type PreparedHeader, prepareHeader } from '../age/seal.ts'
import type { Readers } from '../blob/readers.ts'

// A thread costs what a handful of headers cost.
const BEFORE_WORKER = 6
// Headers that are ready or asked for, and how many are asked for at once.
const STOCK = 96
const BATCH = 16

/** What the worker is asked: headers for one set of readers. */
export interface HeaderOrder {
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
  #worker: Worker | null = null
  #port: MessagePort | null = null

  /** A header for one blob. */
  take(readers: Readers): PreparedHeader | Promise<PreparedHeader> {
    const stock = this.#stockFor(readers)
    if (++stock.taken > BEFORE_WORKER && !readers.recipients.some((recipient) => recipient.postQuantum)) {
      this.#order(stock, readers)
      this.#collect()
    }
    return stock.ready.pop() ?? prepareHeader(readers.recipients, [readers.stanza])
  }

  close(): void {
    this.#port?.close()
    this.#worker?.terminate().catch(() => {})
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
    const port = this.#start()
    if (port === null) return
    while (stock.ready.length + stock.ordered <= STOCK - BATCH) {
      const first = stock.taken === BEFORE_WORKER + 1 && stock.ordered === 0
      const order: HeaderOrder = { set: stock.set, count: BATCH }
      port.postMessage(
        first
          ? { ...order, recipients: readers.recipients.map((r) => r.canonical), stanza: readers.stanza.args }
          : order,
      )
      stock.ordered += BATCH
    }
  }

  // The event loop stands still while git is read from, so the messages are fetched.
  #collect(): void {
    for (;;) {
      const received = this.#port === null ? undefined : receiveMessageOnPort(this.#port)
      if (received === undefined) return
      const batch = received.message as HeaderBatch
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

  /** @returns null where there is no worker to start: unbundled, as in a unit test */
  #start(): MessagePort | null {
    if (this.#port !== null) return this.#port
    const file = new URL('./crypto-worker.js', import.meta.url)
    if (!existsSync(fileURLToPath(file))) return null
    const { port1, port2 } = new MessageChannel()
    this.#worker = new Worker(file, { workerData: port2, transferList: [port2], stdin: false })
    // Without it we are slower, and nothing else.
    this.#worker.on('error', () => {})
    this.#worker.unref()
    port1.unref()
    this.#port = port1
    return port1
  }
}
