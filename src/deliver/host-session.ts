import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import type { HostAddress } from '../policy/host-address.ts'
import { type EarlyEnd, hostFault } from './host-fault.ts'
import { LineReader } from './line-reader.ts'
import { sshArguments } from './ssh-arguments.ts'
import { onHost, startOnHost } from './start-on-host.ts'

/** How a host is talked to. */
export interface SessionOptions {
  /** Whether ssh may ask nothing on the terminal. */
  readonly batch: boolean
  /** Ends it all. */
  readonly signal: AbortSignal
  /** Hears what ssh says, escaped, line by line. */
  onSaid?(line: string): void
}

const MARK = 'nixsecret-deliver '
/** The most lines that ssh may say that we keep. */
const MOST_SAID = 40
/** Milliseconds that a host may be silent while nobody is asked anything. */
const PATIENCE = 120_000
/** Milliseconds in which an ssh that ended closes what it wrote to. */
const GRACE = 500
const PIECE = 1 << 16

/** One ssh, and the script behind it: lines and bytes go there, lines come back. */
export class HostSession {
  readonly #address: HostAddress
  readonly #batch: boolean
  readonly #child: ChildProcessWithoutNullStreams
  readonly #answers = new LineReader(MARK)
  readonly #said: string[] = []
  readonly #ended: Promise<number | null>
  #stage: EarlyEnd['stage'] = 'connecting'
  #slow = false
  #timer: NodeJS.Timeout | undefined

  constructor(address: HostAddress, { batch, signal, onSaid }: SessionOptions) {
    this.#address = address
    this.#batch = batch
    const args = sshArguments(address, batch, startOnHost(onHost().length))
    // Of our process group, so that it may ask on the terminal.
    this.#child = spawn('ssh', args, { stdio: ['pipe', 'pipe', 'pipe'], signal, killSignal: 'SIGTERM' })
    const errors = new LineReader('')
    errors.onLine = (line) => {
      const shown = displayText(line.replace(/\r$/, '').slice(0, 400))
      if (shown !== '' && this.#said.length < MOST_SAID) this.#said.push(shown)
      if (shown !== '') onSaid?.(shown)
    }
    this.#child.stderr.on('data', (piece: Buffer) => errors.push(piece))
    this.#child.stdout.on('data', (piece: Buffer) => this.#answers.push(piece))
    // It may end before it has read everything.
    this.#child.stdin.on('error', () => {})
    this.#ended = ended(this.#child).finally(() => {
      errors.end()
      this.#answers.end()
    })
    // Whoever waits for an answer hears of it.
    this.#ended.catch(() => {})
  }

  /** Starts the script, and it becomes root. */
  async open(): Promise<void> {
    this.#child.stdin.write(onHost())
    let answer = await this.answer()
    if (answer === 'sudo') {
      this.#stage = 'becoming root'
      this.#child.stdin.write(onHost())
      answer = await this.answer()
    }
    if (answer !== 'root') throw unexpected(answer)
    this.#stage = 'at work'
  }

  /** Sends one line; `words` are without blanks. */
  say(...words: readonly string[]): void {
    this.#child.stdin.write(`${words.join(' ')}\n`)
  }

  /** Sends bytes, as fast as they are taken. */
  async pour(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; at += PIECE) {
      if (this.#child.exitCode !== null || this.#child.stdin.destroyed) return
      this.#wait()
      await new Promise<void>((resolve) => {
        this.#child.stdin.write(bytes.subarray(at, at + PIECE), () => resolve())
      })
    }
    clearTimeout(this.#timer)
  }

  /**
   * The next line that the script answers.
   * @throws NixsecretError `io` where it refuses, or ends; `refused` where ssh does not trust the host
   */
  async answer(): Promise<string> {
    this.#wait()
    const line = await this.#answers.next()
    clearTimeout(this.#timer)
    if (line === null) throw await this.#whyEnded()
    if (line.startsWith('fault ')) throw new NixsecretError('io', plain(line.slice('fault '.length)))
    return line
  }

  /** @throws NixsecretError like {@link answer}, and where it answers something else */
  async expect(wanted: string): Promise<void> {
    const answer = await this.answer()
    if (answer !== wanted) throw unexpected(answer)
  }

  /** Ends ssh, whatever it is doing, and waits for that. */
  async close(): Promise<void> {
    clearTimeout(this.#timer)
    this.#child.stdin.end()
    const late = setTimeout(() => this.#child.kill('SIGTERM'), 2000)
    await this.#ended.catch(() => {})
    clearTimeout(late)
  }

  // Whom ssh may ask may take as long as he likes.
  #wait(): void {
    clearTimeout(this.#timer)
    if (!this.#batch && this.#stage === 'connecting') return
    this.#timer = setTimeout(() => {
      this.#slow = true
      this.#child.kill('SIGTERM')
    }, PATIENCE)
  }

  async #whyEnded(): Promise<NixsecretError> {
    const end = await this.#ended.catch((error: NodeJS.ErrnoException) => error)
    if (this.#slow) return new NixsecretError('io', `it said nothing for ${PATIENCE / 1000} seconds`)
    if (end instanceof Error && end.name !== 'AbortError') {
      return new NixsecretError('missing', 'cannot run ssh: it is not on PATH', { cause: end })
    }
    if (end instanceof Error) return new NixsecretError('io', 'it was stopped')
    return hostFault({ address: this.#address, code: end, said: this.#said, stage: this.#stage })
  }
}

/** Not `close` alone: a master that ssh leaves behind (ControlPersist) may keep its stderr open. */
function ended(child: ChildProcessWithoutNullStreams): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code))
    child.on('exit', (code) => setTimeout(() => resolve(code), GRACE).unref())
  })
}

function plain(text: string): string {
  return displayText(text.slice(0, 400))
}

function unexpected(answer: string): NixsecretError {
  return new NixsecretError('io', `it answers what we do not understand: ${plain(answer)}`)
}
