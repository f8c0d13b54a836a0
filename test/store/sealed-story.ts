import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunOptions, RunResult } from '../support/sandbox.ts'
import { begin, Person } from '../support/story.ts'
import { fromTemplate } from '../support/template.ts'

/** A repository with a secret and some code, and `sealed` in it. */
export class SealedStory {
  readonly person: Person
  readonly repo: string

  private constructor(person: Person, repo: string) {
    this.person = person
    this.repo = repo
  }

  static async begin(): Promise<SealedStory> {
    const box = await fromTemplate('sealed', ['repo'], async () => {
      const { person, dir } = await begin('sealed')
      const story = new SealedStory(person, dir)
      story.write('secrets/db', 'hunter2-of-the-database\n')
      story.write('hosts/web.nix', '{ }\n')
      story.write('flake.nix', '{ outputs = { self }: { }; }\n')
      await story.commit('Code')
      return person.box
    })
    return new SealedStory(Person.in(box), box.path('repo'))
  }

  write(path: string, content: string | Uint8Array): void {
    this.person.box.write(join(this.repo, path), content)
  }

  git(...args: string[]): Promise<string> {
    return this.person.git(this.repo, ...args)
  }

  async commit(message: string): Promise<void> {
    await this.git('add', '-A')
    await this.person.commit(this.repo, message)
  }

  /** Runs `git nixsecret sealed` with these arguments. */
  sealed(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    return this.person.box.run('git', ['nixsecret', 'sealed', ...args], { cwd: this.repo, ...options })
  }

  /** What a file of the twin holds, as a command in it sees it. */
  async inTwin(path: string, options: RunOptions = {}): Promise<Buffer | null> {
    const { code, stdout, stderr } = await this.sealed(['cat', '--', path], options)
    if (code === 2) throw new Error(stderr)
    return code === 0 ? stdout : null
  }

  /** What several files of the twin hold, as one command in it sees them. */
  async allInTwin(...paths: string[]): Promise<(Buffer | null)[]> {
    const script = 'for f; do if [ -e "$f" ]; then wc -c <"$f"; cat "$f"; else echo -; fi; done'
    const { code, stdout, stderr } = await this.sealed(['sh', '-c', script, '-', ...paths])
    if (code !== 0) throw new Error(stderr)
    let at = 0
    return paths.map(() => {
      const end = stdout.indexOf('\n', at)
      const size = stdout.toString('latin1', at, end)
      at = end + 1
      if (size === '-') return null
      at += Number(size)
      return stdout.subarray(at - Number(size), at)
    })
  }

  /** HEAD, refs, index and status: what `sealed` must leave as it is. */
  async state(): Promise<string> {
    const index = readFileSync(join(this.repo, '.git/index')).toString('base64')
    const refs = await this.git('for-each-ref')
    return [index, await this.git('rev-parse', 'HEAD'), refs, await this.git('status', '--porcelain')].join(
      '\n',
    )
  }

  /** Rewrites a line of a file of the repository. */
  replace(path: string, from: string, to: string): void {
    const file = join(this.repo, path)
    writeFileSync(file, readFileSync(file, 'utf8').replace(from, to))
  }
}
