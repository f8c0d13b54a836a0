import { type MessagePort, workerData } from 'node:worker_threads'
import { type AgeRecipient, parseRecipient } from '../age/recipient.ts'
import { type PreparedHeader, prepareHeader } from '../age/seal.ts'
import type { Stanza } from '../age/stanza.ts'
import type { HeaderBatch, HeaderOrder } from './header-source.ts'

// A thread of its own that makes headers ahead; see HeaderSource.

const port = workerData as MessagePort
const sets = new Map<number, { recipients: AgeRecipient[]; stanza: Stanza }>()

port.on('message', (order: HeaderOrder) => {
  if (order.recipients && order.stanza) {
    const stanza = { args: [...order.stanza], body: new Uint8Array(0) }
    sets.set(order.set, { recipients: order.recipients.map(parseRecipient), stanza })
  }
  const readers = sets.get(order.set)
  if (readers === undefined) return
  const made: PreparedHeader[] = []
  for (let i = 0; i < order.count; i++) {
    // Never a promise: post-quantum recipients are not ordered here.
    made.push(prepareHeader(readers.recipients, [readers.stanza]) as PreparedHeader)
  }
  const batch: HeaderBatch = {
    set: order.set,
    count: order.count,
    fileKeys: copy(made.map(({ fileKey }) => fileKey)),
    headers: copy(made.map(({ bytes }) => bytes)),
  }
  port.postMessage(batch, [batch.fileKeys.buffer as ArrayBuffer, batch.headers.buffer as ArrayBuffer])
})

// In memory of its own, which can be handed over.
function copy(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
