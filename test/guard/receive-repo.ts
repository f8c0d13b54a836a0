import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { RunOptions, RunResult } from '../support/sandbox.ts'
import { GuardRepo } from './guard-repo.ts'

/** A repository that knows nothing of filters or hooks, and a bare one that it pushes to, with our hook in it. */
export class ReceiveRepo extends GuardRepo {
  readonly server: string

  private constructor(flags: string[]) {
    super(flags)
    this.server = this.box.path('server.git')
    this.git(['init', '-q', '--bare', ...flags, this.server])
    this.git(['remote', 'add', 'origin', `file://${this.server}`])
  }

  static async make(flags: string[] = []): Promise<ReceiveRepo> {
    const repo = new ReceiveRepo(flags)
    await repo.box.ok('git', ['nixsecret', 'init', '--server'], { cwd: repo.server })
    return repo
  }

  /** With attributes, policy and a secret, which the server has taken as `main`. */
  static async started(flags: string[] = []): Promise<{ repo: ReceiveRepo; base: string }> {
    const repo = await ReceiveRepo.make(flags)
    const base = await repo.begin()
    await repo.takes('main')
    return { repo, base }
  }

  push(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    return this.box.run('git', ['push', 'origin', ...args], { cwd: this.dir, ...options })
  }

  /** The server takes a push. */
  async takes(...args: string[]): Promise<RunResult> {
    const done = await this.push(args)
    assert.is(done.code, 0, done.stderr)
    return done
  }

  /** The server refuses a push, for this reason, and is the same as before to the last object. */
  async refuses(args: readonly string[], why: RegExp, options: RunOptions = {}): Promise<RunResult> {
    const before = this.stored()
    const done = await this.push(args, options)
    assert.is(done.code, 1, done.stderr)
    assert.match(done.stderr, why)
    assert.match(done.stderr, /\[remote rejected\] .*\(pre-receive hook declined\)/)
    assert.equal(this.stored(), before)
    return done
  }

  /** Refs and objects of the server, and the names of all its files. */
  stored(): { refs: string; objects: string; files: string[] } {
    const ask = (args: string[]) => this.git(args, { cwd: this.server })
    return {
      refs: ask(['for-each-ref', '--format=%(refname) %(objectname)']),
      objects: ask(['cat-file', '--batch-all-objects', '--batch-check=%(objectname)']),
      files: readdirSync(this.server, { recursive: true, encoding: 'utf8' })
        .map((name) => join('/', name))
        .sort(),
    }
  }
}
