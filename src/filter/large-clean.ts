import { createHash, type Hmac } from 'node:crypto'
import { isArmored } from '../age/armor.ts'
import { beginsAsAge } from '../age/inspect.ts'
import { PayloadSealer } from '../age/payload.ts'
import { prepareHeader } from '../age/seal.ts'
import { openBlob } from '../blob/open-blob.ts'
import type { Readers } from '../blob/readers.ts'
import { type BytePath, displayPath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { Spool } from '../host/spool.ts'
import { type Cleaned, conflictWarning, lockedFileChanged, reusable, wantedReaders } from './clean.ts'
import { ConflictMarkers } from './conflict-markers.ts'
import type { EarlierBlobs } from './earlier-blobs.ts'
import type { FilterContext } from './filter-context.ts'
import type { LargeSink } from './incoming.ts'
import { openLarge, unwrapLarge } from './large-blob.ts'
import { SealedSpool } from './sealed-spool.ts'

/** A large file on its way into git. */
export interface LargeClean extends LargeSink {
  /** @throws NixsecretError where it must not enter git as it is */
  finish(): Promise<Cleaned>
}

/** Writes at once what is sealed, where nothing needs to be known first. */
export type Direct = (bytes: Buffer) => void

/**
 * Takes a large file: plaintext is sealed as it comes in, and what is kept on disk is ciphertext.
 * @param direct given by a one-shot clean: with no earlier blob to reuse there is nothing to wait for
 */
export async function beginLargeClean(
  context: FilterContext,
  path: BytePath,
  head: Buffer,
  earlier: EarlierBlobs,
  direct: Direct | null,
): Promise<LargeClean> {
  const wanted = await wantedReaders(context, path)
  if (wanted.readers === null || beginsAsAge(head)) return new KeptContent(context, path, earlier, head)
  const { fileKey, bytes } = await prepareHeader(wanted.readers.recipients, [wanted.readers.stanza])
  const first = direct !== null && (await earlier.index()) === null && (await earlier.head()) === null
  return new SealedContent(context, path, earlier, wanted.readers, fileKey, bytes, first ? direct : null)
}

/** Plaintext: sealed as it comes in; what was sealed is thrown away if an earlier blob can be kept. */
class SealedContent implements LargeClean {
  readonly #context: FilterContext
  readonly #path: BytePath
  readonly #earlier: EarlierBlobs
  readonly #readers: Readers
  readonly #sealer: PayloadSealer
  readonly #spool: Spool
  readonly #direct: Direct | null
  readonly #hasher: Hmac
  readonly #markers = new ConflictMarkers()
  #size = 0

  constructor(
    context: FilterContext,
    path: BytePath,
    earlier: EarlierBlobs,
    readers: Readers,
    fileKey: Buffer,
    header: Buffer,
    direct: Direct | null,
  ) {
    this.#context = context
    this.#path = path
    this.#earlier = earlier
    this.#readers = readers
    this.#sealer = new PayloadSealer(fileKey)
    this.#spool = new Spool(context.spoolDir, 0)
    this.#direct = direct
    this.#hasher = context.memo.hasher()
    this.#out([header])
  }

  write(piece: Buffer): void {
    this.#size += piece.length
    if (this.#direct === null) this.#hasher.update(piece)
    this.#markers.push(piece)
    // A copy, since the sealer keeps what does not fill a chunk.
    this.#out(this.#sealer.update(Buffer.from(piece)))
  }

  async finish(): Promise<Cleaned> {
    this.#markers.end()
    const warning = conflictWarning(this.#path, this.#markers)
    this.#out(this.#sealer.final())
    if (this.#direct !== null) return { content: Buffer.alloc(0), ...warning }
    const plaintext = { size: this.#size, hash: this.#hasher.digest() }
    const reused = await reusable(this.#context, plaintext, this.#earlier, this.#readers)
    return reused === null
      ? { content: this.#remembered(plaintext.hash), ...warning }
      : { content: reused.content }
  }

  /** What was sealed; the memo learns of it on the way, so that it is kept where no key can open it. */
  async *#remembered(hash: Buffer): AsyncGenerator<Buffer> {
    const id = createHash(this.#context.repo.objectFormat).update(`blob ${this.#spool.size}\0`)
    for await (const piece of this.#spool.read()) {
      id.update(piece)
      yield piece
    }
    this.#context.memo.remember(hash, this.#readers.digest, id.digest('hex'))
  }

  discard(): void {
    this.#spool.discard()
  }

  #out(sealed: readonly Buffer[]): void {
    for (const piece of sealed) {
      if (this.#direct === null) this.#spool.write(piece)
      else this.#direct(piece)
    }
  }
}

/** What begins as an age file, or can be sealed for nobody: kept, and passed on or refused at its end. */
class KeptContent implements LargeClean {
  readonly #context: FilterContext
  readonly #path: BytePath
  readonly #earlier: EarlierBlobs
  readonly #ciphertext: boolean
  readonly #armored: boolean
  readonly #hasher: Hmac
  // It may be plaintext after all, so nothing on disk may show it.
  readonly #spool: SealedSpool
  #size = 0

  constructor(context: FilterContext, path: BytePath, earlier: EarlierBlobs, head: Buffer) {
    this.#context = context
    this.#path = path
    this.#earlier = earlier
    this.#ciphertext = beginsAsAge(head)
    this.#armored = isArmored(head)
    this.#hasher = context.memo.hasher()
    this.#spool = new SealedSpool(context.spoolDir)
  }

  write(piece: Buffer): void {
    this.#size += piece.length
    this.#hasher.update(piece)
    this.#spool.write(piece)
  }

  async finish(): Promise<Cleaned> {
    if (this.#ciphertext && (await this.#passes())) return { content: this.#content() }
    const wanted = await wantedReaders(this.#context, this.#path)
    const plaintext = { size: this.#size, hash: this.#hasher.digest() }
    const reused = await reusable(this.#context, plaintext, this.#earlier, wanted.readers)
    if (reused !== null) return { content: reused.content }
    if (this.#ciphertext) throw lockedFileChanged(this.#path)
    throw wanted.readers === null ? wanted.fault : policyChanged(this.#path)
  }

  discard(): void {
    this.#spool.discard()
  }

  async *#content(): AsyncGenerator<Buffer> {
    yield* this.#spool.read()
  }

  async #opensWhole(): Promise<boolean> {
    const blob = Buffer.concat([...this.#spool.read()])
    return (await openBlob(blob, await this.#context.silentKeys.identities())).state === 'open'
  }

  async #passes(): Promise<boolean> {
    const hash = createHash(this.#context.repo.objectFormat).update(`blob ${this.#size}\0`)
    for (const piece of this.#spool.read()) hash.update(piece)
    const oid = hash.digest('hex')
    if ((await this.#earlier.index())?.oid === oid || (await this.#earlier.head())?.oid === oid) return true
    if ((await this.#context.catFile.info(oid))?.type === 'blob') return true
    // Armor of this size is opened whole.
    if (this.#armored) return this.#opensWhole()
    try {
      const source = () => this.#spool.read()
      const key = await unwrapLarge(source, await this.#context.silentKeys.identities())
      if (key === null) return false
      for await (const _ of openLarge(source, key.header, key.fileKey));
      return true
    } catch (fault) {
      if (fault instanceof NixsecretError && fault.code === 'format') return false
      throw fault
    }
  }
}

function policyChanged(path: BytePath): NixsecretError {
  return new NixsecretError('policy', `nixsecret.toml changed while ${displayPath(path)} was read`, {
    hints: ['git status'],
  })
}
