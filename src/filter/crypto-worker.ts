import { createHmac } from 'node:crypto'
import { workerData } from 'node:worker_threads'
import type { AgeIdentity } from '../age/identity.ts'
import { parseIdentityFile } from '../age/identity-file.ts'
import { type AgeRecipient, parseRecipient } from '../age/recipient.ts'
import { type PreparedHeader, prepareHeader } from '../age/seal.ts'
import type { Stanza } from '../age/stanza.ts'
import { headerDigest } from '../blob/judge-readers.ts'
import { openBlob } from '../blob/open-blob.ts'
import type { KeyOrder, OpenAnswer, OpenAnswers, OpenOrder } from './blob-opener.ts'
import type { ThreadData } from './crypto-thread.ts'
import type { HeaderBatch, HeaderOrder } from './header-source.ts'

// The thread behind HeaderSource and BlobOpener. It touches no file and asks nobody.

const { port, sent } = workerData as ThreadData
const sets = new Map<number, { recipients: AgeRecipient[]; stanza: Stanza }>()
let identities: AgeIdentity[] = []
let hashKey: Uint8Array | null = null

function answer(message: unknown, transfer: ArrayBuffer[]): void {
  port.postMessage(message, transfer)
  Atomics.add(sent, 0, 1)
  Atomics.notify(sent, 0)
}

function makeHeaders(order: HeaderOrder): void {
  if (order.recipients && order.stanza) {
    const stanza = { args: [...order.stanza], body: new Uint8Array(0) }
    sets.set(order.set, { recipients: order.recipients.map(parseRecipient), stanza })
  }
  const readers = sets.get(order.set)
  if (readers === undefined) return
  const made: PreparedHeader[] = []
  for (let i = 0; i < order.count; i++) {
    // Never a promise: post-quantum recipients and those of plugins are not ordered here.
    made.push(prepareHeader(readers.recipients, [readers.stanza]) as PreparedHeader)
  }
  const batch: HeaderBatch = {
    set: order.set,
    count: order.count,
    fileKeys: concat(made.map(({ fileKey }) => fileKey)),
    headers: concat(made.map(({ bytes }) => bytes)),
  }
  answer(batch, [batch.fileKeys.buffer as ArrayBuffer, batch.headers.buffer as ArrayBuffer])
}

async function takeKeys(order: KeyOrder): Promise<void> {
  hashKey = order.hashKey
  for (const { name, bytes } of order.files) {
    // What is wrong with a file is for the main thread to tell.
    const parsed = await parseIdentityFile(Buffer.from(bytes), name, async () => null).catch(() => [])
    identities = [...identities, ...parsed]
  }
}

async function open(id: number, blob: Buffer, plaintexts: Buffer[]): Promise<OpenAnswer> {
  const opened = await openBlob(blob, identities)
  if (opened.state !== 'open') return { id, state: opened.state, size: 0 }
  const { plaintext, header } = opened
  plaintexts.push(plaintext)
  const answer = { id, state: opened.state, size: plaintext.length }
  // Armored blobs are rare, and compared anew.
  if (hashKey === null || blob[0] === 0x2d) return answer
  const hash = createHmac('sha256', hashKey).update(plaintext).digest()
  return { ...answer, hash: new Uint8Array(hash), digest: headerDigest(header) }
}

async function openAll(order: OpenOrder): Promise<void> {
  const answers: OpenAnswer[] = []
  const opened: Buffer[] = []
  for (const { id, blob } of order.blobs) {
    answers.push(await open(id, Buffer.from(blob.buffer, blob.byteOffset, blob.length), opened))
  }
  const plaintexts = concat(opened)
  const message: OpenAnswers = { answers, plaintexts }
  answer(message, [plaintexts.buffer as ArrayBuffer])
}

// In memory of its own, which can be handed over rather than copied.
function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

// One after the other: keys come before what they open.
let last: Promise<void> = Promise.resolve()
port.on('message', (order: HeaderOrder | KeyOrder | OpenOrder) => {
  if (order.kind === 'headers') makeHeaders(order)
  else last = last.then(() => (order.kind === 'keys' ? takeKeys(order) : openAll(order)))
})
