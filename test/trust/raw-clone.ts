import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { newAgeKey } from '../../src/age/new-age-key.ts'
import { policyFrom } from '../../src/blob/policy-from.ts'
import { readersWithKeys } from '../../src/blob/readers.ts'
import { sealBlob } from '../../src/blob/seal-blob.ts'
import { sealSops } from '../../src/blob/sops/seal-sops.ts'
import { accept } from '../../src/blob/trust/accept.ts'
import { Accepted } from '../../src/blob/trust/accepted.ts'
import { restrictedAt } from '../../src/blob/trust/moved/restricted-at.ts'
import { pending } from '../../src/blob/trust/pending.ts'
import { observe } from '../../src/blob/trust/seen/observe.ts'
import type { BytePath } from '../../src/byte-path.ts'
import { CatFile } from '../../src/git/cat-file.ts'
import { openRepository, type Repository } from '../../src/git/repository.ts'
import type { Change } from '../../src/policy/change.ts'
import { Sandbox } from '../support/sandbox.ts'

const NAMES = ['alice', 'bob', 'wanda'] as const
type Name = (typeof NAMES)[number]

/**
 * A repository of git alone, with ciphertext that is made in this process: what trust says of it is asked here, and no
 * program of ours is started. The environment of this process is the user's.
 */
export class RawClone {
  readonly box = new Sandbox('raw')
  readonly keys = Object.fromEntries(NAMES.map((name) => [name, newAgeKey(new Date()).recipient])) as Record<
    Name,
    string
  >
  readonly dir = this.box.path('raw')
  #repo: Repository | null = null

  static async begin(rules: string, attributes = 'secrets/** filter=nixsecret -text\n'): Promise<RawClone> {
    const clone = new RawClone()
    Object.assign(process.env, clone.box.env, { PATH: process.env.PATH })
    await clone.box.ok('git', ['init', '-q', clone.dir])
    clone.write({ 'nixsecret.toml': clone.policy(rules), '.gitattributes': attributes })
    return clone
  }

  /** Of alice and bob, who read everything unless a rule says otherwise. */
  policy(rules: string): string {
    const recipients = NAMES.map((name) => `${name} = "${this.keys[name]}"\n`).join('')
    return `version = 1\n\n[recipients]\n${recipients}\n[default]\nto = ["alice", "bob"]\n\n${rules}`
  }

  async git(...args: string[]): Promise<string> {
    return (await this.box.ok('git', args, { cwd: this.dir })).trim()
  }

  write(files: Readonly<Record<string, string | Buffer | null>>): void {
    for (const [path, content] of Object.entries(files)) {
      if (content === null) rmSync(join(this.dir, path), { force: true })
      else this.box.write(join(this.dir, path), content)
    }
  }

  async commit(files: Readonly<Record<string, string | Buffer | null>> = {}): Promise<void> {
    this.write(files)
    await this.git('add', '-A')
    await this.git('commit', '-qm', 'a commit')
  }

  sealed(plaintext: string, names: readonly Name[] = ['alice', 'bob'], armored = false): Promise<Buffer> {
    return sealBlob(Buffer.from(plaintext), this.#readers(names), { armored })
  }

  document(path: string, plaintext: string, names: readonly Name[] = ['alice', 'bob']): Promise<Buffer> {
    const nothing = { documents: [], identities: [] }
    return sealSops(path as BytePath, Buffer.from(plaintext), this.#readers(names), nothing)
  }

  async repo(): Promise<Repository> {
    this.#repo ??= await openRepository(this.dir)
    return this.#repo
  }

  async accept(): Promise<void> {
    await accept(await this.repo())
  }

  async observe(): Promise<void> {
    await observe(await this.repo())
  }

  async gains(): Promise<readonly Change[]> {
    return (await pending(await this.repo())).gains
  }

  /** The gains in short: `moved store secrets/b < secrets/a`. */
  async short(): Promise<string[]> {
    return (await this.gains()).map((gain) => {
      if (gain.kind === 'moved') return `moved ${gain.opens} ${gain.path} < ${gain.from ?? '?'}`
      if (gain.kind === 'unprotected')
        return `${gain.opens} ${gain.gone ? '-' : '+'}${gain.line} [${gain.paths.join(' ')}]`
      return gain.kind
    })
  }

  /** For whom what is at a path would be sealed again, by key. */
  async restricted(path: string): Promise<{ names: readonly string[]; fault: string | null }> {
    const repo = await this.repo()
    const policy = policyFrom(readFileSync(join(this.dir, 'nixsecret.toml'), 'utf8'))
    const git = { cwd: this.dir }
    const catFile = new CatFile(git)
    try {
      const accepted = await Accepted.load({ repo, catFile, git }, policy)
      const oid = (await catFile.info(`:0:${path}`))?.oid ?? null
      const scene = { catFile, git, repo }
      const { readers, fault } = await restrictedAt(accepted, policy, { path: path as BytePath, oid }, scene)
      return { names: readers?.names ?? [], fault: fault?.message ?? null }
    } finally {
      catFile.close()
    }
  }

  #readers(names: readonly Name[]) {
    return readersWithKeys(names.map((name) => [name, this.keys[name]]))
  }
}
