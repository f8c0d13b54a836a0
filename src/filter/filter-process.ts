import { beginsAsAge } from '../age/inspect.ts'
import { type BytePath, displayPath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import type { Conversion, FilterAnswer, FilterHandler, FilterRequest } from '../git/filter-session.ts'
import { restrictModes } from '../host/restrict-modes.ts'
import { neverEncrypted } from '../policy/readers-of.ts'
import { beginClean, beginSmudge, type Converting, takeDelayed } from './convert.ts'
import type { FilterContext } from './filter-context.ts'
import { Notices } from './notices.ts'

/** How the filter tells its user something; the process edge prints it. */
export interface Report {
  fault(fault: NixsecretError): void
  warning(message: string): void
  notice(lines: { readonly messages: readonly string[]; readonly hints: readonly string[] }): void
}

const LOCK_STATE_DAMAGED =
  'what "git nixsecret lock" wrote down cannot be read, so secrets stay locked: see "git nixsecret doctor"'

/** Serves one git command: what stands behind a filter session. */
export class FilterProcess implements FilterHandler {
  readonly #context: FilterContext
  readonly #report: Report
  readonly #sealed: boolean
  readonly #notices = new Notices()
  readonly #opened = new Set<BytePath>()
  #held = false

  /** @param sealed whether this is the driver that leaves the work tree as ciphertext */
  constructor(context: FilterContext, report: Report, sealed: boolean) {
    this.#context = context
    this.#report = report
    this.#sealed = sealed
  }

  begin({ command, path, blob, canDelay }: FilterRequest): Conversion {
    if (command === 'clean') {
      const cleaning = beginClean(this.#context, path)
      const start = this.#sealed && !neverEncrypted(path) ? new Start(cleaning) : null
      return this.#guarded(path, start ?? cleaning, ({ warning, wasSealed, leftOut }) => {
        if (warning !== undefined) this.#report.warning(warning)
        // Said of what is staged only: "status" and prompts ask all the time.
        if (leftOut !== undefined && this.#context.isStaging) this.#notices.addLeftOut(path, leftOut)
        if (start?.isPlaintext && !wasSealed) this.#notices.addSealedOpen(path)
      })
    }
    const request = { path, blob, sealed: this.#sealed }
    const converting = this.#context.opener.has(path)
      ? takeDelayed(this.#context, request)
      : beginSmudge(this.#context, request, canDelay)
    return this.#guarded(path, converting, ({ outcome }) => {
      this.#notices.add(path, outcome)
      if (outcome === 'held') this.#held = true
      if (outcome === 'open') this.#opened.add(path)
    })
  }

  available(): Promise<BytePath[]> {
    return this.#context.opener.available()
  }

  /** To be called when git has closed its end: by then it has written the files. */
  end(): void {
    if (this.#context.repo.workTree !== null) restrictModes(this.#context.repo.workTree, this.#opened)
    const { keys } = this.#context
    const unanswered = keys.problems.some(({ code }) => code === 'passphrase')
    const notices = this.#notices.lines(keys.underPassphrase, unanswered)
    this.#report.notice(notices)
    // Why a key did not serve matters only to who misses it.
    if (this.#notices.missed) for (const { message } of keys.problems) this.#report.warning(message)
    if (this.#held && this.#context.locked.damaged) this.#report.warning(LOCK_STATE_DAMAGED)
    this.#context.close()
  }

  /** A fault of one file must not end the session: it is told, and git refuses this file. */
  #guarded<Result extends { readonly content: Uint8Array | AsyncIterable<Uint8Array> }>(
    path: BytePath,
    converting: Converting<Result | 'delayed'>,
    done: (result: Result) => void,
  ): Conversion {
    const fail = (fault: unknown): FilterAnswer => {
      converting.discard()
      if (!(fault instanceof NixsecretError)) throw fault
      this.#report.fault(named(path, fault))
      return { status: 'error' }
    }
    return {
      write: (piece) => converting.write(piece),
      fail,
      finish: async () => {
        try {
          const result = await converting.finish()
          if (result === 'delayed') return { status: 'delayed' }
          done(result)
          if (!(result.content instanceof Uint8Array)) {
            return { status: 'success', content: thenDiscard(result.content, converting) }
          }
          converting.discard()
          return { status: 'success', content: result.content }
        } catch (fault) {
          return fail(fault)
        }
      },
    }
  }
}

/** Bytes that are enough to see whether a file begins as an age file. */
const START_SIZE = 256

/** Looks at the first bytes of a file on their way. */
class Start<Result> implements Converting<Result> {
  readonly #of: Converting<Result>
  #start = Buffer.alloc(0)

  constructor(of: Converting<Result>) {
    this.#of = of
  }

  get isPlaintext(): boolean {
    return this.#start.length > 0 && !beginsAsAge(this.#start)
  }

  write(piece: Buffer): void | Promise<void> {
    if (this.#start.length < START_SIZE)
      this.#start = Buffer.concat([this.#start, piece.subarray(0, START_SIZE - this.#start.length)])
    return this.#of.write(piece)
  }

  finish(): Promise<Result> {
    return this.#of.finish()
  }

  discard(): void {
    this.#of.discard()
  }
}

async function* thenDiscard(content: AsyncIterable<Uint8Array>, converting: Converting<unknown>) {
  try {
    yield* content
  } finally {
    converting.discard()
  }
}

function named(path: BytePath, fault: NixsecretError): NixsecretError {
  const shown = displayPath(path)
  if (fault.message.includes(shown)) return fault
  return new NixsecretError(fault.code, `${shown}: ${fault.message}`, { hints: fault.hints, cause: fault })
}
