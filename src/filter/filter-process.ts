import type { BytePath } from '../byte-path.ts'
import { displayPath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import type { Conversion, FilterAnswer, FilterHandler, FilterRequest } from '../git/filter-session.ts'
import { clean } from './clean.ts'
import { EarlierBlobs } from './earlier-blobs.ts'
import type { FilterContext } from './filter-context.ts'
import { Incoming } from './incoming.ts'
import { Notices } from './notices.ts'
import { restrictModes } from './restrict-modes.ts'
import { smudge } from './smudge.ts'

/** How the filter tells its user something; the process edge prints it. */
export interface Report {
  fault(fault: NixsecretError): void
  warning(message: string): void
  notice(lines: { readonly messages: readonly string[]; readonly hints: readonly string[] }): void
}

/** Serves one git command: what stands behind a filter session. */
export class FilterProcess implements FilterHandler {
  readonly #context: FilterContext
  readonly #report: Report
  readonly #sealed: boolean
  readonly #notices = new Notices()
  readonly #opened = new Set<BytePath>()

  /** @param sealed whether this is the driver that leaves the work tree as ciphertext */
  constructor(context: FilterContext, report: Report, sealed: boolean) {
    this.#context = context
    this.#report = report
    this.#sealed = sealed
  }

  begin(request: FilterRequest): Conversion {
    return request.command === 'clean' ? this.#beginClean(request) : this.#beginSmudge(request)
  }

  async available(): Promise<BytePath[]> {
    return []
  }

  /** To be called when git has closed its end: by then it has written the files. */
  end(): void {
    if (this.#context.repo.workTree !== null) restrictModes(this.#context.repo.workTree, this.#opened)
    this.#report.notice(this.#notices.lines())
    this.#context.close()
  }

  #beginClean({ path }: FilterRequest): Conversion {
    const incoming = new Incoming(this.#context.spoolDir)
    const earlier = new EarlierBlobs(this.#context, path)
    // Asked for now, the answer is there when git has sent the file.
    earlier.index().catch(() => {})
    return {
      write: (piece) => incoming.write(piece),
      finish: () =>
        this.#guarded(path, incoming, async () => {
          const { content, warning } = await clean(this.#context, path, incoming, earlier)
          if (warning !== undefined) this.#report.warning(warning)
          return content
        }),
    }
  }

  #beginSmudge({ path, blob }: FilterRequest): Conversion {
    const incoming = new Incoming(this.#context.spoolDir)
    return {
      write: (piece) => incoming.write(piece),
      finish: () =>
        this.#guarded(path, incoming, async () => {
          const { content, outcome } = await smudge(
            this.#context,
            { path, blob, sealed: this.#sealed },
            incoming,
          )
          this.#notices.add(path, outcome)
          if (outcome === 'open') this.#opened.add(path)
          return content
        }),
    }
  }

  /** A fault of one file must not end the session: it is told, and git refuses this file. */
  async #guarded(
    path: BytePath,
    incoming: Incoming,
    convert: () => Promise<Uint8Array | AsyncIterable<Uint8Array>>,
  ): Promise<FilterAnswer> {
    try {
      const content = await convert()
      if (!(content instanceof Uint8Array))
        return { status: 'success', content: thenDiscard(content, incoming) }
      incoming.discard()
      return { status: 'success', content }
    } catch (fault) {
      incoming.discard()
      if (!(fault instanceof NixsecretError)) throw fault
      this.#report.fault(named(path, fault))
      return { status: 'error' }
    }
  }
}

async function* thenDiscard(content: AsyncIterable<Uint8Array>, incoming: Incoming) {
  try {
    yield* content
  } finally {
    incoming.discard()
  }
}

function named(path: BytePath, fault: NixsecretError): NixsecretError {
  const shown = displayPath(path)
  if (fault.message.includes(shown)) return fault
  return new NixsecretError(fault.code, `${shown}: ${fault.message}`, { hints: fault.hints, cause: fault })
}
