import { createHash } from 'node:crypto'
import type { AgeIdentity } from '../../age/identity.ts'
import { inspectBlob } from '../../age/inspect.ts'
import { unwrapFileKey } from '../../age/open.ts'
import { QuickOpener } from '../../blob/quick-opener.ts'
import type { BytePath } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { blobStream } from '../../git/blob-stream.ts'
import { sopsKind } from '../../sops/sops-kind.ts'
import { openPieces } from '../secret-stream.ts'
import type { Workspace } from '../workspace.ts'
import type { Version } from './versions.ts'

/** What tells one plaintext from another, in memory only; or why there is none. */
export type Prints = readonly string[] | { readonly why: string }

/** Compares plaintexts by their hashes. */
export class Fingerprints {
  readonly #space: Workspace
  readonly #opener: QuickOpener
  readonly #identities: readonly AgeIdentity[]
  readonly #locked: string
  readonly #documents: boolean

  private constructor(space: Workspace, identities: readonly AgeIdentity[], documents: boolean) {
    this.#space = space
    this.#identities = identities.filter(({ plugin }) => plugin === undefined)
    this.#opener = new QuickOpener(this.#identities)
    this.#locked =
      identities.length > this.#identities.length
        ? 'no key here opens it (those of age plugins are not asked)'
        : 'no key here opens it'
    this.#documents = documents
  }

  /** @param documents whether there are SOPS documents among what is compared, which forget how their plaintext was written */
  static async make(space: Workspace, documents: boolean): Promise<Fingerprints> {
    return new Fingerprints(space, await space.keys.identities(), documents)
  }

  /** Whether plaintexts of a path are the same only if they have the same size. */
  sizeCounts(path: BytePath): boolean {
    return !this.#documents || sopsKind(path) === 'binary'
  }

  /** Of a version: at least one; those of the same plaintext have one in common. */
  async of(version: Version): Promise<Prints> {
    const { path, bytes, oid } = version
    if (version.kind === 'absent') return { why: 'it is not here (partial clone)' }
    if (bytes === null) return this.#large(oid)
    if (version.kind === 'plaintext') return this.ofPlaintext(path, bytes)
    const opened = await this.#opener.open(path, bytes)
    if ('plaintext' in opened) return this.ofPlaintext(path, opened.plaintext)
    return { why: opened.closed === 'locked' ? this.#locked : 'it is damaged' }
  }

  async ofPlaintext(path: BytePath, plaintext: Buffer): Promise<readonly string[]> {
    const whole = createHash('sha256').update(plaintext).digest('base64')
    if (this.sizeCounts(path)) return [whole]
    const { plainValues } = await import('../../blob/sops-files.ts')
    const values = plainValues(path, plaintext)
    return values === null ? [whole] : [whole, createHash('sha256').update(values).digest('base64')]
  }

  /** A large one flows by. */
  async #large(oid: string): Promise<Prints> {
    const head = await this.#space.catFile.getUpTo(oid, 2 << 20)
    const shape = head === null ? null : inspectBlob(head.content, head.size)
    const hash = createHash('sha256')
    try {
      if (shape?.kind === 'plaintext')
        for await (const piece of blobStream(oid, this.#space.git)) hash.update(piece)
      else if (shape?.kind === 'age') {
        const fileKey = await unwrapFileKey(shape.header, this.#identities)
        if (fileKey === null) return { why: this.#locked }
        const pieces = openPieces(blobStream(oid, this.#space.git), shape.header, fileKey)
        for await (const piece of pieces) hash.update(piece)
      } else return { why: 'it is damaged' }
    } catch (fault) {
      if (fault instanceof NixsecretError && fault.code === 'format') return { why: 'it is damaged' }
      throw fault
    }
    return [hash.digest('base64')]
  }
}
