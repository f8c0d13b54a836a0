import { dearmor, isArmored } from '../age/armor.ts'
import { MAX_HEADER_SIZE } from '../age/header.ts'
import { type BlobShape, beginsAsAge, inspectBlob } from '../age/inspect.ts'
import { PrintableRun, printableRun, type TextRun } from '../age/printable-run.ts'
import { MAX_SOPS_SIZE, mayBeSops } from '../blob/may-be-sops.ts'
import type { SopsShape } from '../blob/sops-files.ts'
import type { BytePath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import type { CatFile } from '../git/cat-file.ts'

/** Of a binary file only the header is kept in memory. */
const MAX_BINARY = MAX_HEADER_SIZE + 4096
/** An armored file has to be decoded to be judged, so it is kept whole, up to this. */
const MAX_ARMORED = 64 << 20
/** More than the first line of any age file has. */
const FIRST_LINE = 64

/** What a blob at a protected path is, as far as that shows without a key. */
export type GuardedShape = BlobShape | SopsShape

/** What blobs look like from outside: plaintext, age, broken. Each blob is read once, however many paths have it. */
export class BlobShapes {
  readonly #catFile: Pick<CatFile, 'stream' | 'getUpTo'>
  readonly #known = new Map<string, Promise<BlobShape>>()
  readonly #documents = new Map<string, Promise<SopsShape | null>>()

  constructor(catFile: Pick<CatFile, 'stream' | 'getUpTo'>) {
    this.#catFile = catFile
  }

  /** How many distinct blobs were looked at. */
  get size(): number {
    return this.#known.size
  }

  /** @throws NixsecretError `missing` where the blob is not here */
  look(oid: string): Promise<BlobShape> {
    let shape = this.#known.get(oid)
    if (shape === undefined) {
      shape = this.#look(oid)
      this.#known.set(oid, shape)
    }
    return shape
  }

  /** The same for what is to be ciphertext at a path, where that may be a SOPS document. */
  async lookAt(path: BytePath, oid: string): Promise<GuardedShape> {
    const shape = await this.look(oid)
    if (shape.kind !== 'plaintext') return shape
    const key = `${oid} ${path}`
    let document = this.#documents.get(key)
    if (document === undefined) {
      document = this.#document(path, oid)
      this.#documents.set(key, document)
    }
    return (await document) ?? shape
  }

  async #document(path: BytePath, oid: string): Promise<SopsShape | null> {
    const blob = await this.#catFile.getUpTo(oid, MAX_SOPS_SIZE)
    if (blob === null || blob.content.length < blob.size || !mayBeSops(blob.content)) return null
    const { sopsShape } = await import('../blob/sops-files.ts')
    return sopsShape(path, blob.content)
  }

  async #look(oid: string): Promise<BlobShape> {
    const head = new Head()
    const info = await this.#catFile.stream(oid, (chunk) => head.add(chunk))
    if (info === null || info.type !== 'blob')
      throw new NixsecretError('missing', `blob ${oid} is not in this repository`, { hints: ['git fsck'] })
    if (head.limit === MAX_ARMORED && info.size > MAX_ARMORED)
      return { kind: 'broken', reason: `armored files over ${MAX_ARMORED} bytes cannot be judged` }
    const shape = inspectBlob(head.bytes(), info.size)
    if (shape.kind !== 'age') return shape
    const text = shape.armored
      ? printableRun(dearmor(head.bytes()), shape.header.length)
      : head.text(shape.header.length)
    return text === null ? shape : { kind: 'broken', reason: 'there is text where only ciphertext can be' }
  }
}

/** As much of a blob's beginning as is needed to judge it. */
class Head {
  limit = MAX_BINARY
  readonly #chunks: Buffer[] = []
  #size = 0
  #known = false
  #run: PrintableRun | null = new PrintableRun()

  add(chunk: Buffer): void {
    // Behind the header too: the framing is lengths only, so what was appended to a file may fit it.
    this.#run?.push(chunk)
    if (this.#size >= this.limit) return
    const part = chunk.subarray(0, this.limit - this.#size)
    this.#chunks.push(part)
    this.#size += part.length
    if (this.#known || this.#size < FIRST_LINE) return
    this.#known = true
    const start = this.bytes()
    // Nothing more is needed of what does not even begin as age.
    if (isArmored(start)) this.limit = MAX_ARMORED
    else if (beginsAsAge(start)) return
    else this.limit = this.#size
    this.#run = null
  }

  /** Text behind the header of a binary file, if there is any. */
  text(headerLength: number): TextRun | null {
    return this.#run?.end(headerLength) ?? null
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks)
  }
}
