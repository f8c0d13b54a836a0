import { chmodSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type RunOptions, type RunResult, Sandbox } from '../support/sandbox.ts'
import { makeSshKey } from '../support/ssh-key.ts'
import { fromTemplate } from '../support/template.ts'

/** A sandbox with a repository and, if wanted, an ssh key, and short ways to run git and our program in it. */
export class SetupSandbox extends Sandbox {
  readonly repo: string

  private constructor() {
    super('nixsecret-setup')
    this.repo = this.path('repo')
  }

  static async make({ key = true } = {}): Promise<SetupSandbox> {
    const box = new SetupSandbox()
    await box.ok('git', ['init', '-q', box.repo])
    if (key) await box.makeKey()
    return box
  }

  /** As {@link make} and what follows leave one; made once for each `key`. */
  static begin(key: string, then: (box: SetupSandbox) => Promise<void>): Promise<SetupSandbox> {
    const make = async () => {
      const box = await SetupSandbox.make()
      await then(box)
      return box
    }
    return fromTemplate(key, ['repo'], make, () => new SetupSandbox())
  }

  async makeKey(comment = 'alice@laptop', file = join(this.home, '.ssh/id_ed25519')): Promise<string> {
    await makeSshKey(this, file, comment)
    return readFileSync(`${file}.pub`, 'utf8').trim()
  }

  git(args: string[], options: RunOptions = {}): Promise<string> {
    return this.ok('git', args, { cwd: this.repo, ...options })
  }

  tryGit(args: string[], options: RunOptions = {}): Promise<RunResult> {
    return this.run('git', args, { cwd: this.repo, ...options })
  }

  /** Commits everything with no hook, where hooks are not the subject: each starts our program twice. */
  async commitAll(message: string): Promise<void> {
    await this.git(['add', '-A'])
    await this.git(['-c', 'core.hooksPath=/dev/null', 'commit', '-q', '-m', message])
  }

  /** Our program, as `git nixsecret`. */
  nixsecret(args: string[], options: RunOptions = {}): Promise<RunResult> {
    return this.run('git', ['nixsecret', ...args], { cwd: this.repo, ...options })
  }

  /** Our program by itself: `git nixsecret` would put git's own directory before {@link pretendGit}'s. */
  direct(args: string[], options: RunOptions = {}): Promise<RunResult> {
    return this.run('git-nixsecret', args, { cwd: this.repo, ...options })
  }

  read(path: string): string {
    return readFileSync(join(this.repo, path), 'utf8')
  }

  put(path: string, content: string | Uint8Array, mode?: number): string {
    return this.write(join(this.repo, path), content, mode)
  }

  /** A `git` before the real one on PATH that says it is of another version. */
  pretendGit(version: string): void {
    const real = (process.env.PATH ?? '')
      .split(':')
      .map((dir) => join(dir, 'git'))
      .find((file) => {
        try {
          return readFileSync(file).length > 0
        } catch {
          return false
        }
      })
    const text = `#!/bin/sh\n[ "$1" = --version ] && { echo 'git version ${version}'; exit; }\n[ "$1" = version ] && { echo 'git version ${version}'; exit; }\nexec '${real}' "$@"\n`
    chmodSync(this.write(join(this.bin, 'git'), text), 0o755)
  }
}
