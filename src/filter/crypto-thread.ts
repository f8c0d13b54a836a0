import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'

/** What the thread is started with. */
export interface ThreadData {
  readonly port: MessagePort
  /** One counter, raised with every message that the thread sends. */
  readonly sent: Int32Array
}

/**
 * A thread for what would keep git waiting. Our own event loop stands still while git is read from, so its messages
 * are fetched rather than awaited.
 */
export class CryptoThread {
  readonly #port: MessagePort
  readonly #worker: Worker
  readonly #sent = new Int32Array(new SharedArrayBuffer(4))
  #received = 0

  private constructor(file: URL) {
    const { port1, port2 } = new MessageChannel()
    const data: ThreadData = { port: port2, sent: this.#sent }
    this.#worker = new Worker(file, { workerData: data, transferList: [port2] })
    // Without it we are slower, and nothing else.
    this.#worker.on('error', () => {})
    this.#worker.unref()
    port1.unref()
    this.#port = port1
  }

  /** @returns null where there is nothing to start: unbundled, as in a unit test */
  static start(): CryptoThread | null {
    const file = new URL('./crypto-worker.js', import.meta.url)
    return existsSync(fileURLToPath(file)) ? new CryptoThread(file) : null
  }

  post(message: unknown): void {
    this.#port.postMessage(message)
  }

  /** The next message, or undefined where none has come yet. */
  receive(): unknown {
    const message = receiveMessageOnPort(this.#port)?.message as unknown
    if (message !== undefined) this.#received++
    return message
  }

  /** Stands still until a message is there, or some time has passed. */
  wait(milliseconds: number): void {
    Atomics.wait(this.#sent, 0, this.#received, milliseconds)
  }

  close(): void {
    this.#port.close()
    this.#worker.terminate().catch(() => {})
  }
}
