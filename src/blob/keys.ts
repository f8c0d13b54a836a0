import type { AgeIdentity } from '../age/identity.ts'
import { type AskPassphrase, parseIdentityFile } from '../age/identity-file.ts'
import type { UnwrapByPlugin } from '../age/plugin/plugin-identity.ts'
import { isPublicKeyFile } from '../age/ssh/agent-key.ts'
import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { type GitOptions, splitNul, tryGit } from '../git/run-git.ts'
import { identityPaths, readIdentityFile } from '../host/identity-files.ts'
import { unwrapByPlugin } from './plugins.ts'
import { throughAgent } from './through-agent.ts'

/** The private keys of this user for this repository, read when first needed. */
export class Keys {
  readonly #git: GitOptions
  readonly #ask: AskPassphrase
  readonly #plugins: UnwrapByPlugin | null
  #loaded: Promise<AgeIdentity[]> | null = null
  /** What was wrong with single identity files, each said once; the others serve all the same. */
  readonly problems: NixsecretError[] = []
  /** Why ssh-agent could not be used for a key that it is said to hold, once that was tried. */
  agentFault: NixsecretError | null = null
  /** Whether one of them is under a passphrase; known once they have been read. */
  underPassphrase = false

  /**
   * @param ask how to get a passphrase; null where nobody may be asked
   * @param plugins how keys of age plugins are used; by default they are started only where there is one to ask, as
   *   one may wait for a touch
   */
  constructor(
    git: GitOptions,
    ask: AskPassphrase | null,
    plugins: UnwrapByPlugin | null = ask === null ? null : unwrapByPlugin(ask),
  ) {
    this.#git = git
    this.#ask = ask ?? (async () => null)
    this.#plugins = plugins
  }

  /** Every identity that could be read; faults go to {@link problems}. */
  identities(): Promise<AgeIdentity[]> {
    this.#loaded ??= this.#load()
    return this.#loaded
  }

  /** The public keys of all of them, as far as they can be told without a passphrase; ssh-agent is asked for its own. */
  async recipients(): Promise<string[]> {
    const found: string[] = []
    for (const { recipient, reveal } of await this.identities()) {
      const known = reveal === undefined ? recipient : await reveal()
      if (known !== null) found.push(known)
    }
    return found
  }

  /** The identity files in use, in the order in which they are tried. */
  async paths(): Promise<string[]> {
    if (process.env.NIXSECRET_IDENTITY) return identityPaths([])
    const args = ['config', '--type=path', '-z', '--get-all', 'nixsecret.identity']
    const { stdout } = await tryGit(args, this.#git)
    return identityPaths(splitNul(stdout).map((path) => path.toString('utf8')))
  }

  /** The identity files that could be read, as they are; those with a public key, for ssh-agent, hold no secret. */
  async files(): Promise<{ name: string; bytes: Buffer }[]> {
    return (await this.#read()).filter(({ bytes }) => !isPublicKeyFile(bytes))
  }

  async #read(): Promise<{ name: string; bytes: Buffer }[]> {
    const files: { name: string; bytes: Buffer }[] = []
    for (const name of await this.paths()) {
      const bytes = await readIdentityFile(name).catch((fault: unknown) => this.#note(fault, name))
      if (bytes !== null) files.push({ name, bytes })
    }
    return files
  }

  async #load(): Promise<AgeIdentity[]> {
    const identities: AgeIdentity[] = []
    for (const { name, bytes } of await this.#read()) {
      const outside = { agent: throughAgent, plugins: this.#plugins }
      const parsed = parseIdentityFile(bytes, name, this.#ask, outside)
      const found = await parsed.catch((fault: unknown) => this.#note(fault, name))
      identities.push(...(found ?? []).map((identity) => this.#noted(identity, name)))
    }
    // The agent is asked where no file will do.
    identities.sort((a, b) => Number(a.reveal !== undefined) - Number(b.reveal !== undefined))
    this.underPassphrase = identities.some(({ mayAsk, plugin }) => mayAsk === true && plugin === undefined)
    return identities
  }

  /** The same identity, but a fault of its own (an encrypted file that proves damaged) is noted, and opens nothing. */
  #noted(identity: AgeIdentity, name: string): AgeIdentity {
    const caught = (fault: unknown) => {
      // What is wrong with the stanza is the file's fault, not the key's.
      if (fault instanceof NixsecretError && fault.code === 'format') throw fault
      if (reveal !== undefined && fault instanceof NixsecretError) this.agentFault = fault
      return this.#note(fault, name)
    }
    const { reveal } = identity
    return {
      ...identity,
      ...(reveal === undefined ? {} : { reveal: () => reveal().catch(caught) }),
      unwrap: (stanzas) => {
        try {
          const answer = identity.unwrap(stanzas)
          return answer instanceof Promise ? answer.catch(caught) : answer
        } catch (fault) {
          return caught(fault)
        }
      },
    }
  }

  #note(fault: unknown, name: string): null {
    // The text of anything else may hold bytes of the key.
    const problem =
      fault instanceof NixsecretError
        ? fault
        : new NixsecretError('identity', `${displayText(name)}: can't be used as a file of private keys`)
    if (!this.problems.some(({ message }) => message === problem.message)) this.problems.push(problem)
    return null
  }
}
