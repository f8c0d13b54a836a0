import type { AgeIdentity } from '../age/identity.ts'
import { type AskPassphrase, parseIdentityFile } from '../age/identity-file.ts'
import { NixsecretError } from '../errors.ts'
import { type GitOptions, splitNul, tryGit } from '../git/run-git.ts'
import { identityPaths, readIdentityFile } from '../host/identity-files.ts'

/** The private keys of this user for this repository, read when first needed. */
export class Keys {
  readonly #git: GitOptions
  readonly #ask: AskPassphrase
  #loaded: Promise<AgeIdentity[]> | null = null
  /** What was wrong with single identity files; the others serve all the same. */
  readonly problems: NixsecretError[] = []

  /** @param ask how to get a passphrase; null where nobody may be asked */
  constructor(git: GitOptions, ask: AskPassphrase | null) {
    this.#git = git
    this.#ask = ask ?? (async () => null)
  }

  /** Every identity that could be read; faults go to {@link problems}. */
  identities(): Promise<AgeIdentity[]> {
    this.#loaded ??= this.#load()
    return this.#loaded
  }

  /** The identity files in use, in the order in which they are tried. */
  async paths(): Promise<string[]> {
    if (process.env.NIXSECRET_IDENTITY) return identityPaths([])
    const args = ['config', '--type=path', '-z', '--get-all', 'nixsecret.identity']
    const { stdout } = await tryGit(args, this.#git)
    return identityPaths(splitNul(stdout).map((path) => path.toString('utf8')))
  }

  /** The identity files that could be read, as they are. */
  async files(): Promise<{ name: string; bytes: Buffer }[]> {
    const files: { name: string; bytes: Buffer }[] = []
    for (const name of await this.paths()) {
      const bytes = await readIdentityFile(name).catch((fault: unknown) => this.#note(fault))
      if (bytes !== null) files.push({ name, bytes })
    }
    return files
  }

  async #load(): Promise<AgeIdentity[]> {
    const identities: AgeIdentity[] = []
    for (const { name, bytes } of await this.files()) {
      const parsed = parseIdentityFile(bytes, name, this.#ask)
      identities.push(...((await parsed.catch((fault: unknown) => this.#note(fault))) ?? []))
    }
    return identities
  }

  #note(fault: unknown): null {
    if (!(fault instanceof NixsecretError)) throw fault
    this.problems.push(fault)
    return null
  }
}
