import { createHash } from 'node:crypto'
import { NixsecretError } from '../errors.ts'
import { type DeliveryTarget, targetPath } from '../policy/host-targets.ts'
import type { PolicyHost } from '../policy/policy.ts'
import { HostSession, type SessionOptions } from './host-session.ts'

/** A target with what is to be in it. */
export interface Delivery {
  readonly target: DeliveryTarget
  readonly content: Buffer
}

/** What became of one file. */
export interface DeliveredFile {
  readonly target: DeliveryTarget
  /** `new`: nothing was there; `changed`: other bytes were; `owner`: owner, group or mode were others; `same`. */
  readonly change: 'new' | 'changed' | 'owner' | 'same'
}

/** What was done on a host, or would be. */
export interface HostReport {
  readonly files: readonly DeliveredFile[]
  /** Paths on the host: once put there by deliver, no longer named. */
  readonly removed: readonly string[]
  /** The same, but somebody else has written there since: not touched. */
  readonly left: readonly string[]
}

/** How one host is served. */
export interface DeliverOptions extends SessionOptions {
  /** Only look; no byte of a secret is sent. */
  readonly dryRun: boolean
  /** Hex; random, so that a hash that comes back confirms no guess to anybody else. */
  readonly salt: string
  onStep?(step: string): void
}

/** The most files that a host may remember for us. */
const MOST_RECORDED = 10_000

/**
 * Brings what a host has in line with what it is to have: everything that changes is sent and written beside its place
 * first; then it is put in its place, file by file; then what is no longer named goes.
 * @throws NixsecretError where something stood in the way; the message says if anything was changed
 */
export async function deliverHost(
  host: PolicyHost,
  deliveries: readonly Delivery[],
  options: DeliverOptions,
): Promise<HostReport> {
  const session = new HostSession(host.address, options)
  try {
    options.onStep?.('connecting')
    await session.open()
    return await new HostWork(session, deliveries, options).run(host.name)
  } finally {
    await session.close()
  }
}

class HostWork {
  readonly #session: HostSession
  readonly #deliveries: readonly Delivery[]
  readonly #options: DeliverOptions
  /** Changes that the host has confirmed. */
  #done = 0
  /** Whether it was told to change something that it has not confirmed. */
  #told = false

  constructor(session: HostSession, deliveries: readonly Delivery[], options: DeliverOptions) {
    this.#session = session
    this.#deliveries = deliveries
    this.#options = options
  }

  async run(name: string): Promise<HostReport> {
    const { onStep, dryRun } = this.#options
    try {
      onStep?.('comparing')
      const recorded = await this.#begin(name)
      const files = await this.#look()
      if (!dryRun) await this.#bring(files)
      const { removed, left } = await this.#drop(recorded)
      this.#session.say('end')
      await this.#session.expect('ok')
      return { files, removed, left }
    } catch (error) {
      if (!(error instanceof NixsecretError) || dryRun) throw error
      const hints = error.hints
      const what =
        this.#done > 0
          ? 'part of it was done before'
          : this.#told
            ? 'part of it may have been done'
            : 'nothing was changed'
      throw new NixsecretError(error.code, `${error.message} (${what})`, { hints, cause: error })
    }
  }

  async #begin(name: string): Promise<string[]> {
    const session = this.#session
    session.say('salt', this.#options.salt)
    session.say('recall', name)
    if (!this.#options.dryRun) session.say('begin')
    await session.expect('ok')
    const recorded = new Set<string>()
    for (;;) {
      const answer = await session.answer()
      if (answer === 'end') break
      const path = /^recorded (\/[\w.+@=:,/-]{1,8000})$/.exec(answer)?.[1]
      if (path !== undefined && recorded.size < MOST_RECORDED) recorded.add(path)
    }
    if (!this.#options.dryRun) await session.expect('ok')
    return [...recorded]
  }

  async #look(): Promise<DeliveredFile[]> {
    for (const { target } of this.#deliveries) {
      this.#file(target)
      this.#session.say('look')
    }
    const files: DeliveredFile[] = []
    for (const { target, content } of this.#deliveries) {
      const answer = await this.#session.answer()
      files.push({ target, change: this.#changeOf(answer, content) })
    }
    return files
  }

  #changeOf(answer: string, content: Buffer): DeliveredFile['change'] {
    const [word, hash, fits] = answer.split(' ')
    if (word === 'absent') return 'new'
    if (word !== 'is') throw new NixsecretError('io', 'it answers what we do not understand')
    if (hash !== this.#hash(content)) return 'changed'
    return fits === 'fits' ? 'same' : 'owner'
  }

  /** Sends what changes, and puts it in place once all of it is there. */
  async #bring(files: readonly DeliveredFile[]): Promise<void> {
    const changing = files.filter(({ change }) => change !== 'same').length
    if (changing === 0) return
    for (const [i, { target, change }] of files.entries()) {
      if (change === 'same') continue
      this.#options.onStep?.(`sending ${targetPath(target)}`)
      const { content } = this.#deliveries[i] as Delivery
      this.#file(target)
      if (change === 'owner') this.#session.say('keep')
      else {
        this.#session.say('take', String(content.length), this.#hash(content))
        await this.#session.pour(content)
      }
      await this.#session.expect('ok')
    }
    this.#told = true
    this.#session.say('place')
    for (; this.#done < changing; this.#done++) await this.#session.expect('ok')
  }

  async #drop(recorded: readonly string[]): Promise<{ removed: string[]; left: string[] }> {
    const named = new Set(this.#deliveries.map(({ target }) => targetPath(target)))
    const stale = recorded.filter((path) => !named.has(path))
    if (stale.length > 0) this.#told = true
    for (const path of stale) this.#session.say('drop', path)
    const removed: string[] = []
    const left: string[] = []
    for (const path of stale) {
      const answer = await this.#session.answer()
      if (answer === 'left') left.push(path)
      if (answer !== 'removed') continue
      removed.push(path)
      this.#done++
    }
    return { removed, left }
  }

  #file({ name, dir, base, dirGroup, dirMode, user, group, mode }: DeliveryTarget): void {
    // As stat prints it.
    const octal = Number.parseInt(mode, 8).toString(8)
    this.#session.say('file', name, dir, base, dirGroup, dirMode, user, group, octal)
  }

  #hash(content: Buffer): string {
    return createHash('sha256').update(this.#options.salt).update(content).digest('hex')
  }
}
