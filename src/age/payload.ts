import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { NixsecretError } from '../errors.ts'
import { asBuffer } from './as-buffer.ts'
import { deriveKey } from './derive-key.ts'

/** Plaintext bytes of all chunks but the last (https://c2sp.org/age#payload). */
const CHUNK_SIZE = 64 * 1024
const TAG_SIZE = 16
const SEALED_CHUNK_SIZE = CHUNK_SIZE + TAG_SIZE
/** Of the payload's key, in bytes; it stands before the first chunk. */
const NONCE_SIZE = 16
const OPTIONS = { authTagLength: TAG_SIZE } as const

/**
 * Bytes of the payload, its nonce included, for so many bytes of plaintext.
 */
export function sealedSize(plainSize: number): number {
  return NONCE_SIZE + plainSize + TAG_SIZE * Math.max(1, Math.ceil(plainSize / CHUNK_SIZE))
}

/**
 * Bytes of plaintext in a payload of so many bytes, its nonce included.
 * @returns null where no payload has that length: it was cut off or appended to
 */
export function plainSize(payloadSize: number): number | null {
  const sealed = payloadSize - NONCE_SIZE
  const chunks = Math.ceil(sealed / SEALED_CHUNK_SIZE)
  const last = sealed - (chunks - 1) * SEALED_CHUNK_SIZE
  // Only an empty payload has an empty chunk.
  if (sealed < TAG_SIZE || last < TAG_SIZE || (last === TAG_SIZE && chunks > 1)) return null
  return sealed - chunks * TAG_SIZE
}

/** Bytes that came in pieces and go out in portions. Keeps the pieces themselves: nobody may write to them. */
class Pieces {
  size = 0
  #pieces: Buffer[] = []
  /** Index of the first piece that is not yet taken. */
  #first = 0

  push(piece: Uint8Array): void {
    if (piece.length === 0) return
    this.#pieces.push(asBuffer(piece))
    this.size += piece.length
  }

  /** @param size at most {@link size} */
  take(size: number): Buffer {
    this.size -= size
    const out: Buffer[] = []
    for (let left = size; left > 0; ) {
      const piece = this.#pieces[this.#first] as Buffer
      const part = piece.subarray(0, left)
      out.push(part)
      left -= part.length
      if (part.length === piece.length) this.#first++
      else this.#pieces[this.#first] = piece.subarray(part.length)
    }
    if (this.#first === this.#pieces.length || this.#first > 16) {
      this.#pieces = this.#pieces.slice(this.#first)
      this.#first = 0
    }
    return out.length === 1 ? (out[0] as Buffer) : Buffer.concat(out)
  }
}

/** STREAM's nonce: 11 bytes of counter, one that is 1 in the last chunk. */
function chunkNonce(counter: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeUIntBE(counter, 5, 6)
  nonce[11] = last ? 1 : 0
  return nonce
}

/**
 * Encrypts a payload piece by piece. What it returns is to be written in that order;
 * the chunks handed in must not be written to before {@link final} has returned.
 */
export class PayloadSealer {
  readonly #key: Buffer
  readonly #pending = new Pieces()
  #nonce: Buffer | null
  #counter = 0

  /** @param nonce 16 random bytes that were never used with this file key for another plaintext */
  constructor(fileKey: Uint8Array, nonce: Uint8Array = randomBytes(NONCE_SIZE)) {
    this.#nonce = asBuffer(nonce)
    this.#key = deriveKey(fileKey, nonce, 'payload')
  }

  update(chunk: Uint8Array): Buffer[] {
    this.#pending.push(chunk)
    const out: Buffer[] = []
    // A full chunk may still be the last one, so it waits for what follows.
    while (this.#pending.size > CHUNK_SIZE) this.#seal(CHUNK_SIZE, false, out)
    return out
  }

  final(): Buffer[] {
    const out: Buffer[] = []
    this.#seal(this.#pending.size, true, out)
    return out
  }

  #seal(size: number, last: boolean, out: Buffer[]): void {
    if (this.#nonce !== null) out.push(this.#nonce)
    this.#nonce = null
    const nonce = chunkNonce(this.#counter++, last)
    const cipher = createCipheriv('chacha20-poly1305', this.#key, nonce, OPTIONS)
    const sealed = cipher.update(this.#pending.take(size))
    cipher.final()
    out.push(sealed, cipher.getAuthTag())
  }
}

/**
 * Decrypts a payload piece by piece. What it returns is authentic, but only once {@link final} has returned is it whole.
 * A fault behind chunks that did open is thrown by the call after the one that returned them.
 * The chunks handed in must not be written to before {@link final} has returned.
 */
export class PayloadOpener {
  readonly #fileKey: Uint8Array
  readonly #pending = new Pieces()
  #key: Buffer | null = null
  #counter = 0
  #ended = false
  #fault: NixsecretError | null = null

  constructor(fileKey: Uint8Array) {
    this.#fileKey = fileKey
  }

  /** @throws NixsecretError `format` where the payload is damaged */
  update(chunk: Uint8Array): Buffer[] {
    if (this.#fault !== null) throw this.#fault
    this.#pending.push(chunk)
    if (!this.#begin()) return []
    const out: Buffer[] = []
    while (this.#fault === null && this.#pending.size > 0) {
      if (this.#ended) this.#fault = broken('data after its end')
      else if (this.#pending.size < SEALED_CHUNK_SIZE) break
      else this.#openFull(this.#pending.take(SEALED_CHUNK_SIZE), out)
    }
    if (this.#fault !== null && out.length === 0) throw this.#fault
    return out
  }

  /** @throws NixsecretError `format` where the payload is damaged, cut off, or followed by something */
  final(): Buffer[] {
    if (this.#fault !== null) throw this.#fault
    if (this.#ended) return []
    const size = this.#pending.size
    if (this.#key === null || size < TAG_SIZE) throw broken('cut off')
    if (size === TAG_SIZE && this.#counter > 0) throw broken('last chunk is empty')
    const plain = this.#open(this.#pending.take(size), true)
    if (plain === null) throw broken('damaged or cut off')
    return plain.length === 0 ? [] : [plain]
  }

  /** Only opening it tells whether a full chunk is the last. */
  #openFull(sealed: Buffer, out: Buffer[]): void {
    let plain = this.#open(sealed, false)
    if (plain === null) {
      plain = this.#open(sealed, true)
      this.#ended = plain !== null
    }
    if (plain === null) this.#fault = broken('damaged')
    else out.push(plain)
    this.#counter++
  }

  /** @returns false while the nonce is not complete */
  #begin(): boolean {
    if (this.#key === null && this.#pending.size >= NONCE_SIZE)
      this.#key = deriveKey(this.#fileKey, this.#pending.take(NONCE_SIZE), 'payload')
    return this.#key !== null
  }

  #open(sealed: Buffer, last: boolean): Buffer | null {
    const nonce = chunkNonce(this.#counter, last)
    const decipher = createDecipheriv('chacha20-poly1305', this.#key as Buffer, nonce, OPTIONS)
    decipher.setAuthTag(sealed.subarray(-TAG_SIZE))
    const plain = decipher.update(sealed.subarray(0, -TAG_SIZE))
    try {
      decipher.final()
      return plain
    } catch {
      return null
    }
  }
}

function broken(what: string): NixsecretError {
  return new NixsecretError('format', `age payload: ${what}`)
}
