import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { type BytePath, bytePath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { gitEnv } from './run-git.ts'
import type { GitPlace } from './true-view.ts'

/** What a commit or tree has at a path. */
export interface Change {
  /** As git writes it; `000000` where a commit takes the path away. */
  readonly mode: string
  readonly oid: string
  readonly path: BytePath
}

interface Question {
  /** What git prints ahead of each part of the answer: a commit's id, or two trees'. */
  readonly headers: readonly string[]
  /** Whether it is about what was there before. */
  readonly former: boolean
  readonly answer: Change[][]
  resolve(answer: Change[][]): void
  reject(error: Error): void
}

const ARGS = [
  'diff-tree',
  '--stdin',
  '-r',
  '-c',
  '--root',
  '--always',
  '--no-renames',
  '--no-relative',
  // Else a line in .gitmodules or in the configuration hides a submodule.
  '--ignore-submodules=none',
  '--no-abbrev',
  '-z',
]
// git prints a line that is no object id as it came, and only then flushes: the end of an answer.
const END = '.\n'

/**
 * One `git diff-tree --stdin` for as many commits and trees as there are to look at
 * (https://git-scm.com/docs/git-diff-tree). The true parents count: start it with `trueView`.
 */
export class DiffTree {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #emptyTree: string
  readonly #questions: Question[] = []
  #rest: Buffer = Buffer.alloc(0)
  #current: Change[] | null = null
  #failed: Error | null = null

  constructor(place: GitPlace, objectFormat: 'sha1' | 'sha256') {
    this.#emptyTree =
      objectFormat === 'sha1'
        ? '4b825dc642cb6eb9a060e54bf8d69288fbee4904'
        : '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321'
    this.#child = spawn('git', ARGS, {
      ...(place.cwd === undefined ? {} : { cwd: place.cwd }),
      env: gitEnv(place.env),
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.#child.stdin.on('error', () => {})
    this.#child.stderr.resume()
    this.#child.stdout.on('data', (chunk: Buffer) => {
      try {
        this.#read(chunk)
      } catch (error) {
        this.#fail(error as Error)
      }
    })
    this.#child.on('error', (cause) =>
      this.#fail(new NixsecretError('git', 'cannot run git diff-tree', { cause })),
    )
    this.#child.on('close', () =>
      this.#fail(new NixsecretError('git', 'git diff-tree ended early: is an object missing? try git fsck')),
    )
  }

  /**
   * What each commit changes: against its parent, or, a merge, where it differs from all its parents;
   * a commit with no parent: everything in it.
   */
  changes(commits: readonly string[]): Promise<Change[][]> {
    return this.#ask(commits)
  }

  /** Everything in a tree. @param tree object id of a tree, not of a commit */
  async tree(tree: string): Promise<Change[]> {
    return (await this.#ask([`${this.#emptyTree} ${tree}`]))[0] as Change[]
  }

  /**
   * What each of some trees has where another one has something else; mode `000000` where it has nothing. Trees, since of
   * a commit with other parents git would remember those.
   * @param trees object ids of trees, not of commits
   */
  replaced(trees: readonly string[], by: string): Promise<Change[][]> {
    return this.#ask(
      trees.map((tree) => `${tree} ${by}`),
      true,
    )
  }

  close(): void {
    this.#failed ??= new NixsecretError('git', 'git diff-tree was closed')
    this.#child.stdin.end()
    this.#child.kill()
  }

  #ask(headers: readonly string[], former = false): Promise<Change[][]> {
    return new Promise((resolve, reject) => {
      if (this.#failed !== null) return reject(this.#failed)
      this.#questions.push({ headers, former, answer: [], resolve, reject })
      this.#child.stdin.write([...headers, END].join('\n'))
    })
  }

  #fail(error: Error): void {
    this.#failed ??= error
    for (const question of this.#questions.splice(0)) question.reject(this.#failed)
  }

  #read(chunk: Buffer): void {
    let buffer = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    for (;;) {
      const used = this.#readRecord(buffer)
      if (used === 0) break
      buffer = buffer.subarray(used)
    }
    this.#rest = buffer
  }

  /** @returns bytes read; 0 where the record is not whole yet */
  #readRecord(buffer: Buffer): number {
    const first = buffer[0]
    if (first === undefined) return 0
    if (first === 0x3a) return this.#readChange(buffer)
    if (first === END.charCodeAt(0)) {
      if (buffer.length < END.length) return 0
      this.#finish()
      return END.length
    }
    return this.#readHeader(buffer)
  }

  /** `:100644 100644 OID OID M` NUL path NUL; a merge has a colon, a mode and an id more for each further parent. */
  #readChange(buffer: Buffer): number {
    const middle = buffer.indexOf(0)
    const end = middle === -1 ? -1 : buffer.indexOf(0, middle + 1)
    if (end === -1) return 0
    const fields = buffer.toString('latin1', 0, middle).split(' ')
    const parents = (fields[0] as string).lastIndexOf(':') + 1
    const former = this.#questions[0]?.former === true
    const mode = (former ? fields[0]?.slice(parents) : fields[parents]) ?? ''
    const oid = former ? fields[parents + 1] : fields[2 * parents + 1]
    if (this.#current === null || fields.length !== 2 * parents + 3 || !/^[0-7]{6}$/.test(mode) || !oid)
      throw new NixsecretError('git', 'git diff-tree printed what we do not understand')
    this.#current.push({ mode, oid, path: bytePath(buffer.subarray(middle + 1, end)) })
    return end + 1
  }

  /** A commit's id, or two trees', and NUL or (for trees, git 2.39) a line feed. */
  #readHeader(buffer: Buffer): number {
    const question = this.#questions[0]
    const expected = question?.headers[question.answer.length]
    const length = (expected ?? this.#emptyTree).length
    if (buffer.length <= length) return 0
    const end = buffer[length]
    if (buffer.toString('latin1', 0, length) !== expected || (end !== 0 && end !== 10))
      throw new NixsecretError('git', 'git diff-tree left out a commit: is an object missing? try git fsck')
    this.#current = []
    question?.answer.push(this.#current)
    return length + 1
  }

  #finish(): void {
    const question = this.#questions.shift()
    this.#current = null
    if (question === undefined || question.answer.length !== question.headers.length)
      throw new NixsecretError('git', 'git diff-tree left out a commit: is an object missing? try git fsck')
    question.resolve(question.answer)
  }
}
