import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { NixsecretError } from '../errors.ts'
import { type GitOptions, gitEnv } from './run-git.ts'

/** What git knows of an object without its content. */
export interface ObjectInfo {
  readonly oid: string
  readonly type: 'blob' | 'tree' | 'commit' | 'tag'
  /** In bytes. */
  readonly size: number
}

/** An object with its content. */
export interface ObjectContent extends ObjectInfo {
  readonly content: Buffer
}

const MOST_ANSWERED = 4096
const FLUSH = Buffer.from('flush\0')

interface Question {
  readonly name: Buffer
  readonly withContent: boolean
  /** Called with each piece of a content, in order; without it the pieces are collected. */
  readonly onChunk?: (chunk: Buffer) => void
  resolve(answer: ObjectContent | ObjectInfo | null): void
  reject(error: Error): void
}

/**
 * One `git cat-file --batch-command` for as many questions as there are; answers come in the order of the questions.
 * Names are what git takes (`OID`, `:0:PATH`, `HEAD:PATH`), as bytes where they hold a path.
 * Needs git 2.38 (`-z`). See https://git-scm.com/docs/git-cat-file
 */
export class CatFile {
  /** How git is run. */
  readonly options: Pick<GitOptions, 'cwd' | 'env'>
  #child: ChildProcessWithoutNullStreams | null = null
  #questions: Question[] = []
  /** How many of them are answered: taken out only now and then, as each time the rest moves up. */
  #answered = 0
  #outgoing: Buffer[] = []
  #pending: Buffer[] = []
  #pendingSize = 0
  #open: { info: ObjectInfo; left: number; chunks: Buffer[] } | null = null
  #failed: Error | null = null

  constructor(options: Pick<GitOptions, 'cwd' | 'env'> = {}) {
    this.options = options
  }

  /** Starts git now, so that it is there when the first question comes. */
  start(): this {
    this.#start()
    return this
  }

  /** Type and size, or null where there is no such object. */
  info(name: string | Buffer): Promise<ObjectInfo | null> {
    return this.#ask(name, false) as Promise<ObjectInfo | null>
  }

  /** The whole object, or null. For blobs that may be large use {@link stream}. */
  get(name: string | Buffer): Promise<ObjectContent | null> {
    return this.#ask(name, true) as Promise<ObjectContent | null>
  }

  /** The object with at most the first `limit` bytes of its content; `size` tells whether that is all. */
  async getUpTo(name: string | Buffer, limit: number): Promise<ObjectContent | null> {
    const pieces: Buffer[] = []
    let have = 0
    const info = await this.stream(name, (piece) => {
      if (have < limit) pieces.push(piece.subarray(0, limit - have))
      have += piece.length
    })
    return info === null ? null : { ...info, content: Buffer.concat(pieces) }
  }

  /** Hands the content on piece by piece; `content` of the answer is empty. */
  stream(name: string | Buffer, onChunk: (chunk: Buffer) => void): Promise<ObjectInfo | null> {
    return this.#ask(name, true, onChunk)
  }

  /** Ends git. Open questions fail. */
  close(): void {
    this.#child?.stdin.end()
    this.#child?.kill()
    this.#child = null
  }

  #ask(name: string | Buffer, withContent: boolean, onChunk?: (chunk: Buffer) => void) {
    return new Promise<ObjectContent | ObjectInfo | null>((resolve, reject) => {
      const bytes = typeof name === 'string' ? Buffer.from(name, 'utf8') : name
      if (bytes.includes(0)) return reject(new NixsecretError('git', 'object name with a NUL byte'))
      if (this.#failed !== null) return reject(this.#failed)
      const child = this.#start()
      this.#questions.push({ name: bytes, withContent, resolve, reject, ...(onChunk ? { onChunk } : {}) })
      this.#ref()
      this.#send(child, withContent ? 'contents ' : 'info ', bytes)
    })
  }

  // All questions of one turn go out in one write, and git answers them together: each write wakes somebody up.
  #send(child: ChildProcessWithoutNullStreams, command: string, name: Buffer): void {
    if (this.#outgoing.length === 0) {
      queueMicrotask(() => child.stdin.write(Buffer.concat([...this.#outgoing.splice(0), FLUSH])))
    }
    this.#outgoing.push(Buffer.from(command), name, Buffer.of(0))
  }

  #start(): ChildProcessWithoutNullStreams {
    if (this.#child !== null) return this.#child
    const child = spawn('git', ['cat-file', '--batch-command', '--buffer', '-z'], {
      ...(this.options.cwd === undefined ? {} : { cwd: this.options.cwd }),
      // An id stands for its own bytes, whatever replace refs say; and nothing is fetched from a promisor remote
      // just to compare (git 2.44 and later).
      env: gitEnv({ GIT_NO_LAZY_FETCH: '1', GIT_NO_REPLACE_OBJECTS: '1', ...this.options.env }),
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    // It must not keep our own process alive when all else is done.
    child.unref()
    for (const stream of [child.stdin, child.stdout, child.stderr])
      (stream as unknown as { unref?(): void }).unref?.()
    child.stdin.on('error', () => {})
    child.stderr.resume()
    child.stdout.on('data', (chunk: Buffer) => this.#read(chunk))
    child.on('error', (cause) => this.#fail(new NixsecretError('git', 'cannot run git cat-file', { cause })))
    const ended = () => this.#fail(new NixsecretError('git', 'git cat-file ended early'))
    child.on('close', ended)
    // The end of its output comes even where nobody waits for the process itself any more.
    child.stdout.on('close', ended)
    this.#child = child
    return child
  }

  #answer(answer: ObjectContent | ObjectInfo | null): void {
    const question = this.#questions[this.#answered]
    if (question === undefined) return
    this.#answered++
    if (this.#answered === this.#questions.length || this.#answered >= MOST_ANSWERED) {
      this.#questions.splice(0, this.#answered)
      this.#answered = 0
    }
    question.resolve(answer)
    this.#ref()
  }

  #fail(error: Error): void {
    this.#failed ??= error
    const open = this.#questions.splice(0).slice(this.#answered)
    this.#answered = 0
    for (const question of open) question.reject(this.#failed)
    this.#ref()
  }

  // While a question is open the process must wait for the answer.
  #ref(): void {
    const child = this.#child
    if (child === null) return
    const stdout = child.stdout as unknown as { ref?(): void; unref?(): void }
    const method = this.#questions.length > 0 ? 'ref' : 'unref'
    stdout[method]?.()
    child[method]()
  }

  #read(chunk: Buffer): void {
    let rest = chunk
    while (rest.length > 0) {
      const open = this.#open
      if (open !== null) rest = this.#readContent(open, rest)
      else {
        const end = rest.indexOf(10)
        const question = this.#questions[this.#answered]
        if (end === -1 || question === undefined) {
          this.#pending.push(rest)
          this.#pendingSize += rest.length
          if (this.#pendingSize > 1 << 20)
            this.#fail(new NixsecretError('git', 'git cat-file: line too long'))
          return
        }
        const line = Buffer.concat([...this.#pending, rest.subarray(0, end)])
        rest = rest.subarray(end + 1)
        this.#readLine(question, line)
      }
    }
  }

  #readLine(question: Question, line: Buffer): void {
    // The name is echoed in "NAME missing", and may itself hold line breaks.
    const parts = /^([0-9a-f]{40,64}) (blob|tree|commit|tag) (\d+)$/.exec(line.toString('latin1'))
    if (parts === null) {
      const whole = line.toString('latin1')
      const done =
        whole === `${question.name.toString('latin1')} missing` ||
        /^[^\n]* (ambiguous|submodule)$/.test(whole)
      if (!done && question.name.toString('latin1').startsWith(`${whole}\n`)) {
        this.#pending = [line, Buffer.from('\n')]
        this.#pendingSize = line.length + 1
        return
      }
      this.#pending = []
      this.#pendingSize = 0
      this.#answer(null)
      return
    }
    this.#pending = []
    this.#pendingSize = 0
    const info = { oid: parts[1] as string, type: parts[2] as ObjectInfo['type'], size: Number(parts[3]) }
    if (!question.withContent) this.#answer(info)
    else this.#open = { info, left: info.size + 1, chunks: [] }
  }

  /** @returns what is left of the chunk after the content and the line feed behind it */
  #readContent(open: { info: ObjectInfo; left: number; chunks: Buffer[] }, chunk: Buffer): Buffer {
    const question = this.#questions[this.#answered]
    const part = chunk.subarray(0, open.left)
    const content = part.length === open.left ? part.subarray(0, -1) : part
    open.left -= part.length
    if (content.length > 0) {
      if (question?.onChunk) question.onChunk(content)
      else open.chunks.push(content)
    }
    if (open.left === 0) {
      this.#open = null
      this.#answer({
        ...open.info,
        content: open.chunks.length === 1 ? (open.chunks[0] as Buffer) : Buffer.concat(open.chunks),
      })
    }
    return chunk.subarray(part.length)
  }
}
