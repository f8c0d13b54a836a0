import { createHash, type Hmac } from 'node:crypto'
import { isArmored, MAX_ARMORED_SIZE } from '../age/armor.ts'
import { beginsAsAge } from '../age/inspect.ts'
import { openBlob } from '../blob/open-blob.ts'
import { type BytePath, displayPath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { reusable } from './clean.ts'
import type { Cleaned, LargeClean } from './cleaned.ts'
import type { EarlierBlobs } from './earlier-blobs.ts'
import type { FilterContext } from './filter-context.ts'
import { openLarge, unwrapLarge } from './large-blob.ts'
import { lockedFileChanged } from './locked-file-changed.ts'
import { SealedSpool } from './sealed-spool.ts'
import { wantedReaders } from './wanted-readers.ts'

/** A large file that must not be encrypted: kept until git has sent all of it, and passed on. */
export class PassedContent implements LargeClean {
  protected readonly spool: SealedSpool

  constructor(context: FilterContext) {
    this.spool = new SealedSpool(context.spoolDir)
  }

  write(piece: Buffer): void {
    this.spool.write(piece)
  }

  async finish(): Promise<Cleaned> {
    return { content: this.content() }
  }

  discard(): void {
    this.spool.discard()
  }

  protected async *content(): AsyncGenerator<Buffer> {
    yield* this.spool.read()
  }
}

/** What begins as an age file, or can be sealed for nobody: kept, and passed on or refused at its end. */
export class KeptContent extends PassedContent {
  readonly #context: FilterContext
  readonly #path: BytePath
  readonly #earlier: EarlierBlobs
  readonly #ciphertext: boolean
  readonly #armored: boolean
  readonly #hasher: Hmac
  #size = 0

  constructor(context: FilterContext, path: BytePath, earlier: EarlierBlobs, head: Buffer) {
    super(context)
    this.#context = context
    this.#path = path
    this.#earlier = earlier
    this.#ciphertext = beginsAsAge(head)
    this.#armored = isArmored(head)
    this.#hasher = context.memo.hasher()
  }

  override write(piece: Buffer): void {
    this.#size += piece.length
    this.#hasher.update(piece)
    super.write(piece)
  }

  override async finish(): Promise<Cleaned> {
    if (this.#ciphertext && (await this.#isKnown())) return { content: this.content() }
    const wanted = await wantedReaders(this.#context, this.#path, this.#earlier)
    const plaintext = { size: this.#size, hash: this.#hasher.digest() }
    // A secret may be an age file itself.
    const reused = await reusable(this.#context, plaintext, this.#earlier, wanted)
    if (reused !== null) return { content: reused.content }
    if (this.#ciphertext) {
      if (await this.#opens()) return { content: this.content() }
      throw lockedFileChanged(this.#path)
    }
    throw wanted.readers === null ? wanted.fault : policyChanged(this.#path)
  }

  /** Whether it is a blob that git has. */
  async #isKnown(): Promise<boolean> {
    const hash = createHash(this.#context.repo.objectFormat).update(`blob ${this.#size}\0`)
    for (const piece of this.spool.read()) hash.update(piece)
    const oid = hash.digest('hex')
    if ((await this.#earlier.index())?.oid === oid || (await this.#earlier.head())?.oid === oid) return true
    return (await this.#context.catFile.info(oid))?.type === 'blob'
  }

  /** Whether a key here opens it to its end. */
  async #opens(): Promise<boolean> {
    const identities = await this.#context.silentKeys.identities()
    if (this.#armored) {
      if (this.#size > MAX_ARMORED_SIZE) return false
      return (await openBlob(Buffer.concat([...this.spool.read()]), identities)).state === 'open'
    }
    try {
      const source = () => this.spool.read()
      const key = await unwrapLarge(source, identities)
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
