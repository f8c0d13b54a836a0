import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** A file of a commit: its content, or null to take it away. */
export type Files =
  | ReadonlyMap<string, Uint8Array | string | null>
  | Readonly<Record<string, Uint8Array | string | null>>

/** A commit to make. */
export interface ImportedCommit {
  /** Full name of the ref that it is made on. */
  readonly ref: string
  /** Marks of its parents; none: it is a root. */
  readonly parents: readonly number[]
  readonly files: Files
  /** Seconds since 1970. */
  readonly time: number
  readonly author?: string
}

/** Writes histories through `git fast-import`: thousands of commits in a second, with no filter and no hook. */
export class FastImport {
  readonly #child
  readonly #closed: Promise<unknown[]>
  #mark = 0

  constructor(dir: string, env: Readonly<Record<string, string>>) {
    this.#child = spawn('git', ['fast-import', '--quiet', '--done', '--force'], {
      cwd: dir,
      env,
      stdio: ['pipe', 'inherit', 'inherit'],
    })
    this.#closed = once(this.#child, 'close')
  }

  /** @returns the commit's mark, for its children */
  async commit({ ref, parents, files, time, author = 'A U Thor' }: ImportedCommit): Promise<number> {
    const mark = ++this.#mark
    const [from, ...merged] = parents
    if (from === undefined) await this.#write(`reset ${ref}\n`)
    await this.#write(`commit ${ref}\nmark :${mark}\nauthor ${author} <a@example.org> ${time} +0000\n`)
    await this.#write(`committer C <c@example.org> ${time} +0000\ndata 1\nx\n`)
    if (from !== undefined) await this.#write(`from :${from}\n`)
    for (const parent of merged) await this.#write(`merge :${parent}\n`)
    const entries = files instanceof Map ? files : Object.entries(files)
    for (const [path, content] of entries) {
      if (content === null) await this.#write(`D ${path}\n`)
      else {
        const bytes = Buffer.from(content as Uint8Array)
        await this.#write(`M 100644 inline ${path}\ndata ${bytes.length}\n`)
        await this.#write(bytes)
        await this.#write('\n')
      }
    }
    await this.#write('\n')
    return mark
  }

  /** Ends git. @throws Error where it failed */
  async end(): Promise<void> {
    await this.#write('done\n')
    this.#child.stdin.end()
    const [code] = await this.#closed
    if (code !== 0) throw new Error(`git fast-import: exit code ${code}`)
  }

  async #write(text: string | Uint8Array): Promise<void> {
    if (!this.#child.stdin.write(text)) await once(this.#child.stdin, 'drain')
  }
}
