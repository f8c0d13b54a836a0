import { type BytePath, bytePath, pathBytes } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { FLUSH, PktReader, pktContent, pktLine } from './pkt-line.ts'

/** What git wants of one file. */
export interface FilterRequest {
  readonly command: 'clean' | 'smudge'
  readonly path: BytePath
  /** The blob that is smudged, where git says it (2.27 and later). */
  readonly blob: string | null
  /** Whether the answer may be put off until git asks for what is ready. */
  readonly canDelay: boolean
}

/**
 * The answer for one file. `error` fails this file alone: with `filter.*.required` git then refuses the file,
 * and for smudge abandons the checkout.
 */
export type FilterAnswer =
  | { readonly status: 'success'; readonly content: Uint8Array | AsyncIterable<Uint8Array> }
  | { readonly status: 'delayed' }
  | { readonly status: 'error' }

/** A file that git is handing over. */
export interface Conversion {
  /** The next piece of the content; it must be copied if it is kept. A promise where it takes more than a moment. */
  write(piece: Buffer): void | Promise<void>
  /** Called when git has sent everything. */
  finish(): FilterAnswer | Promise<FilterAnswer>
  /** Called instead of {@link finish} where {@link write} threw. */
  fail(fault: unknown): FilterAnswer
}

/** What does the work behind a session. */
export interface FilterHandler {
  begin(request: FilterRequest): Conversion
  /** Paths of delayed files that are ready, at least one while there are any left. git asks for each again. */
  available(): BytePath[] | Promise<BytePath[]>
}

type Write = (bytes: Uint8Array) => void | Promise<void>

/**
 * Speaks git's long-running filter protocol, version 2, until git closes its end: handshake and framing only.
 * https://git-scm.com/docs/gitattributes#_long_running_filter_process
 * @param input what git sends; a piece may be overwritten when the next one is asked for
 * @param write sends to git, all of it
 * @param ready what must be there before the first file; the greeting does not wait for it
 * @throws NixsecretError `git` where git breaks the protocol
 */
export async function runFilterSession(
  input: AsyncIterable<Buffer> | Iterable<Buffer>,
  write: Write,
  handler: FilterHandler,
  ready: Promise<void> = Promise.resolve(),
): Promise<void> {
  const session = new FilterSession(write, handler, ready)
  for await (const piece of input) await session.feed(piece)
  session.end()
}

type State = 'hello' | 'capabilities' | 'header' | 'content'

class FilterSession {
  readonly #write: Write
  readonly #handler: FilterHandler
  #ready: Promise<void> | null
  readonly #packets = new PktReader()
  #state: State = 'hello'
  #lines: Buffer[] = []
  #conversion: Conversion | null = null
  #broken: { readonly fault: unknown } | null = null

  constructor(write: Write, handler: FilterHandler, ready: Promise<void>) {
    this.#write = write
    this.#handler = handler
    this.#ready = ready
  }

  async feed(piece: Buffer): Promise<void> {
    for (const content of this.#packets.take(piece)) {
      if (this.#ready !== null && this.#state === 'header') {
        await this.#ready
        this.#ready = null
      }
      const step = this.#take(content)
      if (step !== undefined) await step
    }
  }

  end(): void {
    if (this.#packets.partial || this.#state === 'content') {
      throw new NixsecretError('git', 'git hung up in the middle of a file')
    }
  }

  #take(content: Buffer | null): void | Promise<void> {
    if (this.#state === 'content') return content === null ? this.#complete() : this.#collect(content)
    if (content !== null) {
      if (this.#lines.length > 64) throw new NixsecretError('git', 'too many header lines from git')
      this.#lines.push(Buffer.from(content.at(-1) === 10 ? content.subarray(0, -1) : content))
      return
    }
    const lines = this.#lines
    this.#lines = []
    if (this.#state === 'hello') return this.#hello(lines)
    if (this.#state === 'capabilities') return this.#capabilities(lines)
    return this.#header(lines)
  }

  // A fault while content comes in must wait: git reads nothing before it has sent all.
  #collect(content: Buffer): void | Promise<void> {
    if (this.#broken !== null) return
    const broke = (fault: unknown) => {
      this.#broken = { fault }
    }
    try {
      return this.#conversion?.write(content)?.catch(broke)
    } catch (fault) {
      broke(fault)
    }
  }

  #hello(lines: Buffer[]): void | Promise<void> {
    const words = lines.map(String)
    if (words[0] !== 'git-filter-client' || !words.includes('version=2')) {
      throw new NixsecretError('git', 'git speaks no filter protocol that we know')
    }
    this.#state = 'capabilities'
    return this.#write(Buffer.concat([pktLine('git-filter-server\n'), pktLine('version=2\n'), FLUSH]))
  }

  #capabilities(lines: Buffer[]): void | Promise<void> {
    const offered = lines.map(String)
    const ours = ['capability=clean', 'capability=smudge', 'capability=delay'].filter((capability) =>
      offered.includes(capability),
    )
    this.#state = 'header'
    return this.#write(Buffer.concat([...ours.map((capability) => pktLine(`${capability}\n`)), FLUSH]))
  }

  #header(lines: Buffer[]): void | Promise<void> {
    const fields = new Map<string, Buffer>()
    for (const line of lines) {
      const at = line.indexOf('=')
      if (at > 0) fields.set(line.toString('latin1', 0, at), line.subarray(at + 1))
    }
    const command = String(fields.get('command'))
    if (command === 'list_available_blobs') return this.#listAvailable()
    const path = fields.get('pathname')
    if ((command !== 'clean' && command !== 'smudge') || path === undefined) {
      throw new NixsecretError('git', 'unknown request from git')
    }
    this.#state = 'content'
    this.#broken = null
    this.#conversion = this.#handler.begin({
      command,
      path: bytePath(path),
      blob: fields.get('blob')?.toString('latin1') ?? null,
      canDelay: fields.get('can-delay')?.toString('latin1') === '1',
    })
  }

  async #listAvailable(): Promise<void> {
    const paths = await this.#handler.available()
    const lines = paths.map((path) => pktLine(Buffer.concat([Buffer.from('pathname='), pathBytes(path)])))
    await this.#write(Buffer.concat([...lines, FLUSH, pktLine('status=success\n'), FLUSH]))
  }

  async #complete(): Promise<void> {
    const conversion = this.#conversion
    this.#conversion = null
    this.#state = 'header'
    if (this.#broken === null) return this.#answer((await conversion?.finish()) ?? { status: 'error' })
    return this.#answer((await conversion?.fail(this.#broken.fault)) ?? { status: 'error' })
  }

  async #answer(answer: FilterAnswer): Promise<void> {
    if (answer.status !== 'success') {
      await this.#write(Buffer.concat([pktLine(`status=${answer.status}\n`), FLUSH]))
      return
    }
    const head = [pktLine('status=success\n'), FLUSH]
    // The second list, empty, says that the status still holds after the content.
    const tail = [FLUSH, FLUSH]
    if (answer.content instanceof Uint8Array) {
      await this.#write(Buffer.concat([...head, ...pktContent(answer.content), ...tail]))
      return
    }
    await this.#write(Buffer.concat(head))
    for await (const piece of answer.content) await this.#write(Buffer.concat(pktContent(piece)))
    await this.#write(Buffer.concat(tail))
  }
}
