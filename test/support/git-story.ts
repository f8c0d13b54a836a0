import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { blobOf, findPlaintext, isAge, Person, startRepository } from './story.ts'
import { fromTemplate } from './template.ts'

/** Stands in every line of every secret of a story: wherever git keeps a piece of one, it is found. */
export const MARK = 'plain-mark-59'

/** What leads to a story needs no hooks, which start a dozen programs a commit. */
const WITHOUT_HOOKS = ['-c', 'core.hooksPath=/dev/null']

/** A secret of numbered lines; `changes` replaces some of them, by number from 1. */
export function secret(changes: Readonly<Record<number, string>> = {}, count = 12): string {
  const lines = Array.from({ length: count }, (_, i) => `${MARK} ${changes[i + 1] ?? `line ${i + 1}`}\n`)
  return lines.join('')
}

/** Somebody's repository with one secret, `secrets/db`, and short ways to do and ask things in it. */
export class GitStory {
  readonly person: Person
  readonly dir: string
  /** Set for each command. */
  readonly env: Record<string, string> = {}
  #places: { dir: string; clean: boolean }[]

  constructor(person: Person, dir: string) {
    this.person = person
    this.dir = dir
    this.#places = [{ dir, clean: true }]
  }

  static async begin(first = secret(), name = 'alice'): Promise<GitStory> {
    const box = await fromTemplate(`${name}\0${first}`, ['repo'], async () => {
      const person = await Person.create(name)
      const story = new GitStory(person, await startRepository(person))
      await story.commit('base', { 'secrets/db': first, README: 'not secret\n' })
      return person.box
    })
    return new GitStory(Person.in(box), box.path('repo'))
  }

  /**
   * The same, and git runs no hooks, of which each starts several programs: for stories of what filters do by themselves.
   */
  static async withoutHooks(...args: Parameters<typeof GitStory.begin>): Promise<GitStory> {
    const story = await GitStory.begin(...args)
    const off = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'core.hooksPath', GIT_CONFIG_VALUE_0: '/dev/null' }
    Object.assign(story.env, off)
    return story
  }

  /** Another clone or worktree of the same person; `finish` of either looks at both. */
  at(dir: string): GitStory {
    const other = new GitStory(this.person, dir)
    Object.assign(other.env, this.env)
    this.#places.push(...other.#places)
    other.#places = this.#places
    return other
  }

  /** A bare or other person's repository that `finish` is to search too. */
  searchToo(dir: string): void {
    this.#places.push({ dir, clean: false })
  }

  tryGit(...args: string[]) {
    return this.person.box.run('git', args, { cwd: this.dir, env: this.env })
  }

  git(...args: string[]): Promise<string> {
    return this.person.box.ok('git', args, { cwd: this.dir, env: this.env })
  }

  /** A new secret is its owner's alone, as a careful user's is: our filter sees to modes only where git writes. */
  write(path: string, content: string): void {
    const mode = path.startsWith('secrets/') && !this.has(path) ? 0o600 : undefined
    this.person.box.write(join(this.dir, path), content, mode)
  }

  text(path: string): string {
    return readFileSync(join(this.dir, path), 'utf8')
  }

  has(path: string): boolean {
    return existsSync(join(this.dir, path))
  }

  mode(path: string): number {
    return statSync(join(this.dir, path)).mode & 0o777
  }

  /** Writes files, adds everything and commits with no hook, where hooks are not the subject. */
  async commit(message: string, files: Readonly<Record<string, string>> = {}): Promise<string> {
    await this.#commit(message, files, WITHOUT_HOOKS)
    return (await this.git('rev-parse', 'HEAD')).trim()
  }

  /** The same with hooks, as its user does it. */
  commitWithHooks(message: string, files: Readonly<Record<string, string>> = {}): Promise<void> {
    return this.#commit(message, files)
  }

  async #commit(message: string, files: Readonly<Record<string, string>>, config: readonly string[] = []) {
    for (const [path, content] of Object.entries(files)) this.write(path, content)
    await this.git('add', '-A')
    await this.git(...config, 'commit', '-q', '-m', message)
  }

  /** `topic` and `main` from here on, with one commit each; `main` is checked out. */
  async fork(
    topic: Readonly<Record<string, string>>,
    main: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    await this.git(...WITHOUT_HOOKS, 'checkout', '-q', '-b', 'topic')
    await this.#commit('on topic', topic, WITHOUT_HOOKS)
    await this.git(...WITHOUT_HOOKS, 'checkout', '-q', 'main')
    if (Object.keys(main).length > 0) await this.#commit('on main', main, WITHOUT_HOOKS)
  }

  async status(): Promise<string> {
    return this.git('status', '--porcelain')
  }

  /** The object id of a path in the index, or in a commit. */
  async id(path: string, rev = ''): Promise<string> {
    return (await this.git('rev-parse', `${rev}:${path}`)).trim()
  }

  /** That git has a path as ciphertext, in the index or in a commit. */
  async sealed(path = 'secrets/db', rev = ''): Promise<void> {
    const { stdout } = await this.tryGit('cat-file', 'blob', `${rev}:${path}`)
    assert.ok(isAge(stdout), `${rev}:${path} is no age file`)
  }

  /** That a secret is this plaintext in the work tree, ciphertext in the index and HEAD, and nothing is pending. */
  async holds(content: string, path = 'secrets/db'): Promise<void> {
    assert.is(this.text(path), content)
    assert.is(this.mode(path) & 0o077, 0, `${path} can be read by others`)
    await this.sealed(path)
    await this.sealed(path, 'HEAD')
    assert.is(await this.status(), '')
  }

  /** That a conflict shows as plaintext in the work tree and nowhere else, with markers one longer than git's. */
  async conflicts(path = 'secrets/db'): Promise<void> {
    assert.match(this.text(path), /^<{8} .*\n(.*\n)+^={8}\n(.*\n)+^>{8} /m)
    assert.match(this.text(path), MARK)
    const stages = (await this.git('ls-files', '-u', '-z', '--', path)).split('\0').filter(Boolean)
    assert.ok(stages.length >= 2, `${path} is not unmerged`)
    for (const stage of stages) {
      const blob = await blobOf(this.person, this.dir, stage.split(' ')[1] as string)
      assert.ok(isAge(blob), `stage ${stage} is no age file`)
    }
    assert.equal(await findPlaintext(this.person, this.dir, [MARK]), [])
  }

  /** Ends a conflict with this content, staged. */
  async resolve(content: string, path = 'secrets/db'): Promise<void> {
    this.write(path, content)
    await this.git('add', '--', path)
    await this.sealed(path)
  }

  /** A new time of modification for every file, as a copy or a restored backup has it. */
  touchAll(dir = this.dir): void {
    const time = new Date(Date.now() - 3_600_000)
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      if (entry.name === '.git') continue
      const path = join(dir, entry.name)
      if (entry.isDirectory()) this.touchAll(path)
      else utimesSync(path, time, time)
    }
  }

  /** Forgets what clean and smudge remembered, as in a new clone. */
  forget(): void {
    for (const name of ['memo', 'seals']) rmSync(join(this.dir, '.git/nixsecret', name), { force: true })
  }

  /** A shell script for GIT_EDITOR and the like. */
  script(name: string, text: string): string {
    return this.person.box.write(`scripts/${name}`, `#!/bin/sh\n${text}\n`, 0o700)
  }

  /** What must hold after each story: no plaintext in git, in any place that took part, and nothing pending. */
  async finish(): Promise<void> {
    for (const { dir, clean } of this.#places) {
      // A worktree that the story removed.
      if (!existsSync(dir)) continue
      assert.equal(await findPlaintext(this.person, dir, [MARK]), [], dir)
      if (clean) assert.is(await this.person.git(dir, 'status', '--porcelain'), '', dir)
    }
  }
}
