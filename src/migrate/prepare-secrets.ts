import { createHash } from 'node:crypto'
import { isArmored } from '../age/armor.ts'
import { asBuffer } from '../age/as-buffer.ts'
import { inspectBlob } from '../age/inspect.ts'
import { inspectFile } from '../blob/inspect-file.ts'
import { hasStanzasOf, headerDigest, judgeReaders } from '../blob/judge-readers.ts'
import { openBlob } from '../blob/open-blob.ts'
import { type Readers, readersFor } from '../blob/readers.ts'
import { sealBlob } from '../blob/seal-blob.ts'
import { sopsMemoKey } from '../blob/sops-memo-key.ts'
import { lookAtWorkFile, workFileBytes } from '../blob/work-file.ts'
import { displayPath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { type FlaggedEntry, listFlaggedIndex } from '../git/flagged-index.ts'
import { writeBlob } from '../git/write-objects.ts'
import type { Policy } from '../policy/policy.ts'
import type { ImportPlace } from './import-place.ts'
import type { ImportedSecret, LeftOut } from './import-plan.ts'
import type { PreparedSecret } from './prepared-secret.ts'
import type { ReaderBook } from './reader-book.ts'
import { targetEntry } from './target-entry.ts'

/** How secrets are prepared. */
export interface PrepareOptions {
  /** Blobs that may stay as they are get our digest, where a key here opens them. */
  readonly reseal: boolean
  /** False: nothing is written, not even objects, and ids of what would be sealed are empty. */
  readonly write: boolean
  /** Told how many are done. */
  onProgress?(done: number): void
}

/** What came of reading the source. */
export interface Prepared {
  readonly secrets: readonly PreparedSecret[]
  readonly left: readonly LeftOut[]
}

/**
 * Reads every secret, one after the other, and seals it where need be. Objects apart, nothing is written.
 * @throws NixsecretError `refused` where something else lies at the path of a secret; all of them are named
 */
export async function prepareSecrets(
  place: ImportPlace,
  secrets: readonly ImportedSecret[],
  { book, policy, ...options }: PrepareOptions & { book: ReaderBook; policy: Policy | null },
): Promise<Prepared> {
  const index = await listFlaggedIndex(place.git)
  const prepared: PreparedSecret[] = []
  const left: LeftOut[] = []
  const taken: string[] = []
  for (const [i, secret] of secrets.entries()) {
    try {
      const readers = readersOf(secret, book, policy)
      const target = targetEntry(place, index, secret.path)
      const found = await new Preparation(place, secret, target, readers, options).run()
      if (found === 'taken') taken.push(displayPath(secret.path))
      else if (found === null) left.push({ what: secret.from, why: whyShut(place) })
      else prepared.push(found)
    } catch (fault) {
      // A full disk is no fault of the secret.
      if (!(fault instanceof NixsecretError) || fault.code === 'io' || fault.code === 'git') throw fault
      left.push({ what: secret.from, why: fault.message })
    }
    options.onProgress?.(i + 1)
  }
  if (taken.length > 0) throw refuseTaken(taken)
  return { secrets: prepared, left }
}

function whyShut({ passphraseMissed }: ImportPlace): string {
  return passphraseMissed
    ? 'a key here needs its passphrase, and there is no terminal to ask on'
    : 'no private key here opens it'
}

function refuseTaken(taken: readonly string[]): NixsecretError {
  const names = taken.slice(0, 10).join(', ') + (taken.length > 10 ? ` and ${taken.length - 10} more` : '')
  return new NixsecretError('refused', `something else is there already, so nothing was changed: ${names}`)
}

function readersOf(secret: ImportedSecret, book: ReaderBook, policy: Policy | null): Readers {
  if (secret.readers !== null) return book.readersOf(secret.readers)
  if (policy !== null) return readersFor(policy, secret.path)
  throw new NixsecretError('policy', 'there is no nixsecret.toml that says who may read it')
}

class Preparation {
  readonly #place: ImportPlace
  readonly #secret: ImportedSecret
  readonly #entry: FlaggedEntry | null
  readonly #readers: Readers
  readonly #options: PrepareOptions

  constructor(
    place: ImportPlace,
    secret: ImportedSecret,
    entry: FlaggedEntry | null,
    readers: Readers,
    options: PrepareOptions,
  ) {
    this.#place = place
    this.#secret = secret
    this.#entry = entry
    this.#readers = readers
    this.#options = options
  }

  /** @returns null where no key here opens it, `taken` where something else is at its path */
  async run(): Promise<PreparedSecret | 'taken' | null> {
    const { sealed } = this.#secret
    const shape = sealed === null ? null : soundShape(this.#secret, sealed)
    const plaintext = await this.#secret.open()
    const proof = plaintext === null ? null : this.#place.memo.hash(plaintext)
    // Its plaintext would look changed to git for ever, for nothing could tell that it is not.
    if (plaintext === null && lookAtWorkFile(this.#place.top, this.#secret.path).kind === 'plaintext')
      return null
    if (
      sealed !== null &&
      shape !== null &&
      (plaintext === null || shape.kind === 'sops' || !this.#options.reseal)
    ) {
      const header = shape.kind === 'age' ? shape.header : null
      const fits = shape.kind !== 'sops' || (await this.#sopsFits(sealed))
      return this.#prepared('kept', await this.#store(sealed), proof, {
        stale: !fits || (header !== null && !hasStanzasOf(header, this.#readers)),
        noDigest: header !== null && headerDigest(header) === null,
      })
    }
    if (plaintext === null || proof === null) return null
    const there = await this.#there(proof)
    if (there !== null) return this.#prepared('there', there, proof)
    if (!this.#secret.inPlace && this.#isTaken(plaintext)) return 'taken'
    const armored = sealed !== null && isArmored(sealed)
    const blob = this.#options.write ? await sealBlob(plaintext, this.#readers, { armored }) : null
    return this.#prepared('sealed', blob === null ? '' : await this.#store(blob), proof)
  }

  async #sopsFits(sealed: Uint8Array): Promise<boolean> {
    const { sopsFits } = await import('../blob/sops-files.ts')
    return sopsFits(this.#secret.path, asBuffer(sealed), this.#readers)
  }

  /** The index's own blob, where it holds just this for just these readers. */
  async #there(proof: Buffer): Promise<string | null> {
    if (this.#entry === null) return null
    const blob = await this.#place.catFile.get(this.#entry.oid)
    if (blob === null) return null
    const shape = inspectBlob(blob.content, blob.size)
    if (shape.kind !== 'age' || judgeReaders(shape.header, this.#readers) !== 'fits') return null
    const opened = await openBlob(blob.content, await this.#place.keys.identities())
    return opened.state === 'open' && this.#place.memo.hash(opened.plaintext).equals(proof)
      ? this.#entry.oid
      : null
  }

  #isTaken(plaintext: Uint8Array): boolean {
    if (this.#entry !== null) return true
    const file = lookAtWorkFile(this.#place.top, this.#secret.path)
    if (file.kind === 'absent') return false
    return workFileBytes(this.#place.top, this.#secret.path)?.equals(plaintext) !== true
  }

  async #store(blob: Uint8Array): Promise<string> {
    if (this.#options.write) return writeBlob(blob, this.#place.blobs)
    return createHash(this.#place.repo.objectFormat)
      .update(`blob ${blob.length}\0`)
      .update(blob)
      .digest('hex')
  }

  #prepared(
    outcome: PreparedSecret['outcome'],
    oid: string,
    proof: Buffer | null,
    { stale, noDigest } = { stale: false, noDigest: false },
  ): PreparedSecret {
    const { path, format } = this.#secret
    const digest = format === 'sops' ? sopsMemoKey(path, this.#readers.digest) : this.#readers.digest
    const file = lookAtWorkFile(this.#place.top, this.#secret.path)
    const executable = 'stat' in file && (file.stat.mode & 0o100) !== 0
    // Clean is asked right after staging, and shall find that the work tree holds just what is staged.
    if (proof !== null && this.#options.write)
      this.#place.memo.remember(proof, noDigest || stale ? null : digest, oid)
    return {
      secret: this.#secret,
      readers: this.#readers,
      before: this.#entry?.oid ?? null,
      oid,
      mode: this.#entry?.mode ?? (executable ? '100755' : '100644'),
      skipped: this.#entry?.skipped ?? false,
      pinned: this.#entry?.pinned ?? false,
      outcome,
      proof,
      stale,
      noDigest,
    }
  }
}

/** @throws NixsecretError `format` for what is no whole file of its format */
function soundShape({ path, format = 'age' }: ImportedSecret, blob: Uint8Array) {
  const shape = inspectFile(path, asBuffer(blob), blob.length)
  if (shape.kind === format || shape.kind === 'empty') return shape
  const other = format === 'sops' ? 'no SOPS document whose every value is encrypted' : 'no age file'
  throw new NixsecretError('format', shape.kind === 'broken' ? `damaged: ${shape.reason}` : other)
}
