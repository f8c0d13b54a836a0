import * as assert from 'uvu/assert'
import type { RunResult } from '../support/sandbox.ts'
import { Sandbox } from '../support/sandbox.ts'
import { findPlaintext, Person, startRepository } from '../support/story.ts'
import { fromTemplate } from '../support/template.ts'

/** Stands in every secret of an incident; it must reach no remote that has our hook, and no message. */
export const LEAK = 'hunter2-plain-59'
export const SECRET = `${LEAK}\n`

/** What a gate has to say. */
export interface Expected {
  readonly rule: string
  readonly path: string
}

/**
 * Alice has a repository with hooks and a secret, `secrets/db`. `guarded` is a server with our pre-receive hook,
 * `forge` one without, whose pushes only CI looks at, with no key.
 */
export class Incident {
  readonly alice: Person
  readonly dir: string
  readonly guarded: string
  readonly forge: string
  /** What both remotes have from the start. */
  base = ''
  readonly #ci = new Sandbox('ci')

  private constructor(alice: Person, dir: string) {
    this.alice = alice
    this.dir = dir
    this.guarded = alice.box.path('guarded.git')
    this.forge = alice.box.path('forge.git')
  }

  static async begin(): Promise<Incident> {
    const box = await fromTemplate('incident', ['repo'], async () => (await Incident.#make()).alice.box)
    const story = new Incident(Person.in(box), box.path('repo'))
    story.base = (await story.git('rev-parse', 'HEAD')).trim()
    return story
  }

  static async #make(): Promise<Incident> {
    const alice = await Person.create('alice')
    const story = new Incident(alice, await startRepository(alice))
    for (const [name, bare] of [
      ['origin', story.guarded],
      ['forge', story.forge],
    ] as const) {
      await alice.box.ok('git', ['init', '-q', '--bare', bare])
      await story.git('remote', 'add', name, bare)
    }
    await alice.git(story.guarded, 'nixsecret', 'init', '--server')
    story.write('secrets/db', SECRET)
    story.write('README', 'not secret\n')
    await story.git('add', '-A')
    await story.git('commit', '-q', '-m', 'base')
    for (const name of ['origin', 'forge']) await story.git('push', '-q', '-u', name, 'main')
    return story
  }

  git(...args: string[]): Promise<string> {
    return this.alice.git(this.dir, ...args)
  }

  tryGit(...args: string[]): Promise<RunResult> {
    return this.alice.tryGit(this.dir, ...args)
  }

  write(path: string, content: string, dir = this.dir): void {
    this.alice.box.write(`${dir}/${path}`, content)
  }

  /** A clone with neither filter nor hooks: what `git clone` alone makes. */
  async bareClone(name = 'fresh'): Promise<string> {
    const dir = this.alice.box.path(name)
    await this.alice.box.ok('git', ['clone', '-q', this.guarded, dir])
    await this.alice.git(dir, 'remote', 'add', 'forge', this.forge)
    return dir
  }

  /** Our hooks stop it, and the server gets nothing. */
  async stopped(args: readonly string[], expected: Expected, dir = this.dir): Promise<RunResult> {
    const before = await this.#stored(this.guarded)
    const done = await this.alice.tryGit(dir, ...args)
    assert.is(done.code, 1, done.stderr)
    this.says(done.stderr, expected)
    assert.equal(await this.#stored(this.guarded), before)
    return done
  }

  /** The server refuses what somebody pushes past all hooks, and is the same as before. */
  async refused(dir: string, expected: Expected, ...refs: string[]): Promise<string> {
    const before = await this.#stored(this.guarded)
    const args = refs.length > 0 ? refs : ['HEAD:refs/heads/main']
    const done = await this.alice.tryGit(dir, 'push', '--no-verify', this.guarded, ...args)
    assert.is(done.code, 1, done.stderr)
    assert.match(done.stderr, 'pre-receive hook declined')
    const said = done.stderr.replace(/^remote: ?/gm, '').replace(/[ \t\x1b[K]*$/gm, '')
    this.says(said, expected)
    assert.equal(await this.#stored(this.guarded), before)
    assert.equal(await findPlaintext(this.alice, this.guarded, [LEAK]), [])
    return said
  }

  /** A host without our hook takes it; CI, with no key and a clone of its own, does not. */
  async seenInCi(dir: string, expected: Expected, from = this.base): Promise<string> {
    await this.alice.git(dir, 'push', '-q', '--no-verify', '--force', this.forge, 'HEAD:refs/heads/main')
    return this.ciFinds(expected, from)
  }

  async ciFinds(expected: Expected, from = this.base): Promise<string> {
    const done = await this.ci(from)
    assert.is(done.code, 1, done.stderr)
    this.says(done.out, expected)
    return done.out
  }

  /** What CI says of what `forge` has. */
  async ci(from = this.base): Promise<RunResult> {
    const clone = this.#ci.path('clone')
    this.#ci.write('.keep', '')
    await this.#ci.ok('rm', ['-rf', clone])
    await this.#ci.ok('git', ['-c', 'safe.directory=*', 'clone', '-q', this.forge, clone])
    return this.#ci.run('git', ['nixsecret', 'check', '--range', `${from}..HEAD`], { cwd: clone })
  }

  /** That a text names rule and path, gives something to run, and nothing away. */
  says(text: string, { rule, path }: Expected): void {
    const line = text.split('\n').find((one) => one.includes(`[${rule}]`) && one.includes(path))
    assert.ok(line !== undefined, `no [${rule}] of ${path} in:\n${text}`)
    assert.match(text, /^ {4}(git|mkdir|rm|"\$\{EDITOR|# already pushed: change the secret)/m)
    assert.not.match(text, LEAK)
  }

  /** Pastes the commands that a gate printed into a shell; remarks, which are for people, do nothing there. */
  async paste(text: string, dir = this.dir): Promise<void> {
    const lines = text.split('\n').filter((line) => /^ {4}\S/.test(line))
    const editor = this.alice.box.write(
      'editor',
      '#!/bin/sh\ngrep -q "^[^#]" "$1" || echo mended >>"$1"\n',
      0o700,
    )
    const env = { GIT_EDITOR: editor, EDITOR: 'true', FILTER_BRANCH_SQUELCH_WARNING: '1' }
    await this.alice.box.ok('sh', ['-ec', lines.join('\n')], { cwd: dir, env })
  }

  /** After it was mended: every gate lets it through, and no remote ever got plaintext. */
  async passes(dir = this.dir): Promise<void> {
    await this.alice.git(dir, 'push', '-q', this.guarded, 'HEAD:refs/heads/main')
    assert.equal(await findPlaintext(this.alice, this.guarded, [LEAK]), [])
    await this.alice.git(dir, 'push', '-q', '--no-verify', '--force', this.forge, 'HEAD:refs/heads/main')
    const done = await this.ci()
    assert.is(done.code, 0, done.out)
  }

  async #stored(bare: string): Promise<string> {
    const objects = await this.alice.git(
      bare,
      'cat-file',
      '--batch-all-objects',
      '--batch-check=%(objectname)',
    )
    return `${await this.alice.git(bare, 'for-each-ref')}${objects}`
  }
}
