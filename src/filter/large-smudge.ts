import { createHash, type Hash } from 'node:crypto'
import { isArmored, MAX_ARMORED_SIZE } from '../age/armor.ts'
import { type Header, parseHeader } from '../age/header.ts'
import { beginsAsAge } from '../age/inspect.ts'
import { unwrapFileKey } from '../age/open.ts'
import { PayloadOpener } from '../age/payload.ts'
import { headerDigest } from '../blob/judge-readers.ts'
import { mayBeginSops } from '../blob/may-be-sops.ts'
import type { BytePath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { FallbackSpool } from './fallback-spool.ts'
import type { FilterContext } from './filter-context.ts'
import type { LargeSink } from './incoming.ts'
import { openLarge } from './large-blob.ts'
import { isHeld, type Outcome, type Smudged, type SmudgeRequest } from './smudge.ts'

/**
 * A large blob on its way to the work tree. It is opened once while it comes in, to see that it is whole, since git
 * can't be told after the first byte that it is not; the blob itself is kept on disk meanwhile, as git has it.
 */
export class LargeSmudge implements LargeSink {
  readonly #context: FilterContext
  readonly #blob: string | null
  readonly #path: BytePath
  readonly #spool: FallbackSpool
  #key: { header: Header; fileKey: Buffer } | null
  #outcome: Outcome
  #opener: PayloadOpener | null
  #skip: number

  private constructor(
    context: FilterContext,
    { path, blob }: SmudgeRequest,
    outcome: Outcome,
    key: { header: Header; fileKey: Buffer } | null,
  ) {
    this.#context = context
    this.#blob = blob
    this.#path = path
    // A checkout must not fail for want of a place.
    this.#spool = new FallbackSpool(context.spoolDir, true)
    this.#outcome = outcome
    this.#key = key
    this.#opener = key === null ? null : new PayloadOpener(key.fileKey)
    this.#skip = key === null ? 0 : key.header.length
  }

  /** @param head the first MiB */
  static async begin(context: FilterContext, request: SmudgeRequest, head: Buffer): Promise<LargeSmudge> {
    const asItIs = (outcome: Outcome) => new LargeSmudge(context, request, outcome, null)
    if (isHeld(context, request)) return asItIs('held')
    // Armor and SOPS documents of this size are opened whole, when all is there.
    if (isArmored(head) || mayBeginSops(head)) return asItIs('open')
    if (!beginsAsAge(head)) return asItIs('plaintext')
    try {
      const header = parseHeader(head, true) as Header
      const fileKey = await unwrapFileKey(header, await context.keys.identities())
      if (fileKey === null) return asItIs('locked')
      return new LargeSmudge(context, request, 'open', { header, fileKey })
    } catch (fault) {
      // Whatever else went wrong is the keys' fault: the file stays locked.
      return asItIs(fault instanceof NixsecretError && fault.code === 'format' ? 'damaged' : 'locked')
    }
  }

  write(piece: Buffer): void {
    this.#spool.write(piece)
    this.#verify((opener) => {
      const rest = piece.subarray(Math.min(this.#skip, piece.length))
      this.#skip -= piece.length - rest.length
      // A copy, since the opener keeps what does not fill a chunk.
      opener.update(Buffer.from(rest))
    })
  }

  /** @param openWhole opens a blob that is held whole */
  async finish(openWhole: (blob: Buffer) => Promise<Smudged>): Promise<Smudged> {
    this.#verify((opener) => opener.final())
    const { header, fileKey } = this.#key ?? {}
    if (this.#outcome !== 'open') return { content: this.#content(), outcome: this.#outcome }
    if (header === undefined || fileKey === undefined) {
      if (this.#spool.size > MAX_ARMORED_SIZE) return { content: this.#content(), outcome: 'damaged' }
      return openWhole(Buffer.concat([...this.#spool.read()]))
    }
    if (this.#blob !== null) this.#context.written.add(this.#path, this.#blob)
    return { content: this.#open(header, fileKey), outcome: 'open' }
  }

  /** The plaintext; the memo learns of it on the way, where git said which blob it is. */
  async *#open(header: Header, fileKey: Buffer): AsyncGenerator<Buffer> {
    if (this.#blob === null) return yield* openLarge(() => this.#spool.read(), header, fileKey)
    const { memo, repo } = this.#context
    const hasher = memo.hasher()
    const id = createHash(repo.objectFormat).update(`blob ${this.#spool.size}\0`)
    for await (const piece of openLarge(() => this.#hashed(id), header, fileKey)) {
      hasher.update(piece)
      yield piece
    }
    const oid = id.digest('hex')
    // git may name another blob than it hands over; see `rememberOpened`.
    if (this.#blob === oid) memo.remember(hasher.digest(), headerDigest(header), oid)
  }

  *#hashed(id: Hash): Generator<Buffer> {
    for (const piece of this.#spool.read()) {
      id.update(piece)
      yield piece
    }
  }

  async *#content(): AsyncGenerator<Buffer> {
    yield* this.#spool.read()
  }

  discard(): void {
    this.#spool.discard()
  }

  #verify(step: (opener: PayloadOpener) => void): void {
    if (this.#opener === null) return
    try {
      step(this.#opener)
    } catch (fault) {
      if (!(fault instanceof NixsecretError && fault.code === 'format')) throw fault
      this.#opener = null
      this.#outcome = 'damaged'
    }
  }
}
