import { createHash, type Hmac } from 'node:crypto'
import { armoredSize, enarmor, MAX_ARMORED_SIZE } from '../age/armor.ts'
import { PayloadSealer } from '../age/payload.ts'
import type { PreparedHeader } from '../age/seal.ts'
import type { Readers } from '../blob/readers.ts'
import type { BytePath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { blobId } from '../git/object-id.ts'
import { reusable, wasArmored } from './clean.ts'
import type { Cleaned, LargeClean } from './cleaned.ts'
import { ConflictMarkers } from './conflict-markers.ts'
import { conflictWarning } from './conflict-warning.ts'
import type { EarlierBlobs } from './earlier-blobs.ts'
import { FallbackSpool } from './fallback-spool.ts'
import type { FilterContext } from './filter-context.ts'
import { openLarge } from './large-blob.ts'
import { newNonce, type Seal, sealAs } from './seal-as.ts'
import { type Wanted, withoutNewcomers } from './wanted-readers.ts'

/** Writes at once what is sealed, where nothing needs to be known first. */
export type Direct = (bytes: Buffer) => void

type Pieces = Iterable<Buffer> | AsyncIterable<Buffer>

/** Large plaintext, and for whom. */
export interface LargePlaintext {
  readonly path: BytePath
  readonly earlier: EarlierBlobs
  readonly wanted: Wanted & { readonly readers: Readers }
}

/** Large plaintext: sealed as it comes in; what was sealed is thrown away if an earlier blob can be kept. */
export class SealedContent implements LargeClean {
  readonly #context: FilterContext
  readonly #what: LargePlaintext
  readonly #seal: Seal
  readonly #sealer: PayloadSealer
  readonly #spool: FallbackSpool
  readonly #direct: Direct | null
  readonly #hasher: Hmac
  readonly #markers = new ConflictMarkers()
  #size = 0
  /** Why what is sealed could not be kept; it matters only where it is needed. */
  #fault: NixsecretError | null = null

  constructor(context: FilterContext, what: LargePlaintext, header: PreparedHeader, direct: Direct | null) {
    this.#context = context
    this.#what = what
    this.#seal = { ...header, nonce: newNonce() }
    this.#sealer = new PayloadSealer(this.#seal.fileKey, this.#seal.nonce)
    this.#spool = new FallbackSpool(context.spoolDir, false)
    this.#direct = direct
    this.#hasher = context.memo.hasher()
    this.#out([header.bytes])
  }

  write(piece: Buffer): void {
    this.#size += piece.length
    if (this.#direct === null) this.#hasher.update(piece)
    this.#markers.push(piece)
    // A copy, since the sealer keeps what does not fill a chunk.
    if (this.#fault === null) this.#out(this.#sealer.update(Buffer.from(piece)))
  }

  async finish(): Promise<Cleaned> {
    this.#markers.end()
    const { path, earlier, wanted } = this.#what
    const warning = { ...conflictWarning(path, this.#markers), ...withoutNewcomers(wanted) }
    if (this.#fault === null) this.#out(this.#sealer.final())
    // Its blob's id begins with a length that shows at the end alone, so the memo does not learn of it.
    if (this.#direct !== null) return { content: Buffer.alloc(0), ...warning }
    const plaintext = { size: this.#size, hash: this.#hasher.digest() }
    const reused = await reusable(this.#context, plaintext, earlier, wanted)
    if (reused !== null) return { content: reused.content }
    if (this.#fault !== null) throw this.#fault
    const seal = this.#sealFor(plaintext.hash)
    const size = this.#spool.size - this.#seal.bytes.length + seal.bytes.length
    const sealed = seal === this.#seal ? this.#spool.read() : this.#sealedAs(seal)
    const armored = armoredSize(size) <= MAX_ARMORED_SIZE && (await wasArmored(earlier))
    const content = armored
      ? await this.#armored(plaintext.hash, sealed)
      : this.#binary(plaintext.hash, size, sealed)
    return { content, ...warning }
  }

  discard(): void {
    this.#spool.discard()
  }

  /** The seal that this plaintext had before, else the one that it has now. */
  #sealFor(hash: Buffer): Seal {
    const { seals } = this.#context
    const { digest } = this.#what.wanted.readers
    const before = seals.find(hash, digest)
    if (before === null) seals.keep(hash, digest, this.#seal)
    return before ?? this.#seal
  }

  /** What was sealed, opened and sealed as it was before: which seal fits shows at the end of a plaintext alone. */
  #sealedAs(seal: Seal): AsyncGenerator<Buffer> {
    const { bytes, fileKey } = this.#seal
    return sealAs(
      seal,
      openLarge(() => this.#spool.read(), bytes, fileKey),
    )
  }

  /** What was sealed; the memo learns of it on the way, so that it is kept where no key can open it. */
  async *#binary(hash: Buffer, size: number, sealed: Pieces): AsyncGenerator<Buffer> {
    const id = createHash(this.#context.repo.objectFormat).update(`blob ${size}\0`)
    for await (const piece of sealed) {
      id.update(piece)
      yield piece
    }
    this.#remember(hash, id.digest('hex'))
  }

  async #armored(hash: Buffer, sealed: Pieces): Promise<Buffer> {
    const pieces: Buffer[] = []
    for await (const piece of sealed) pieces.push(piece)
    const blob = enarmor(Buffer.concat(pieces))
    this.#remember(hash, blobId(blob, this.#context.repo.objectFormat))
    return blob
  }

  #remember(hash: Buffer, oid: string): void {
    const { memo } = this.#context
    const { path, wanted } = this.#what
    memo.remember(hash, wanted.readers.digest, oid)
    memo.noteMade(this.#context.placeOf(path), oid)
  }

  #out(sealed: readonly Buffer[]): void {
    try {
      // A tag of 16 bytes stands behind each chunk: joined, it spares every other write.
      const joined = Buffer.concat(sealed)
      if (this.#direct === null) this.#spool.write(joined)
      else this.#direct(joined)
    } catch (fault) {
      if (this.#direct !== null || !(fault instanceof NixsecretError)) throw fault
      this.#fault = fault
      this.#spool.discard()
    }
  }
}
