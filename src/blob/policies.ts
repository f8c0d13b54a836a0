import { NixsecretError } from '../errors.ts'
import type { CatFile } from '../git/cat-file.ts'
import type { Policy } from '../policy/policy.ts'
import { policyFrom } from './policy-from.ts'
import type { RulingFile } from './tree-state.ts'

/** A policy as a commit has it, or why there is none to judge by. */
export type PolicyAt =
  | { readonly policy: Policy }
  | { readonly problem: string; readonly line: number | null }

const MAX_POLICY_BYTES = 4 << 20

/** Policies of commits, each parsed once. */
export class Policies {
  readonly #catFile: Pick<CatFile, 'info' | 'get'>
  readonly #known = new Map<string, Promise<PolicyAt>>()

  constructor(catFile: Pick<CatFile, 'info' | 'get'>) {
    this.#catFile = catFile
  }

  at(file: RulingFile | null): Promise<PolicyAt> {
    const key = file === null ? '' : `${file.mode} ${file.oid}`
    let policy = this.#known.get(key)
    if (policy === undefined) {
      policy = this.#read(file)
      this.#known.set(key, policy)
    }
    return policy
  }

  async #read(file: RulingFile | null): Promise<PolicyAt> {
    if (file === null)
      return {
        problem: 'there is no nixsecret.toml, so nobody can tell who may read the protected files',
        line: null,
      }
    if (!file.mode.startsWith('100')) return { problem: 'nixsecret.toml is not a regular file', line: null }
    const info = await this.#catFile.info(file.oid)
    const blob = info !== null && info.size <= MAX_POLICY_BYTES ? await this.#catFile.get(file.oid) : null
    if (info !== null && blob === null)
      return { problem: `nixsecret.toml is larger than ${MAX_POLICY_BYTES} bytes`, line: null }
    if (blob?.type !== 'blob')
      throw new NixsecretError('missing', `nixsecret.toml (blob ${file.oid}) is not in this repository`, {
        hints: ['git fsck'],
      })
    try {
      return { policy: policyFrom(blob.content.toString('utf8')) }
    } catch (error) {
      if (!(error instanceof NixsecretError)) throw error
      return problemOf(error)
    }
  }
}

/** The parser says `nixsecret.toml:LINE: …`. */
function problemOf(error: NixsecretError): PolicyAt {
  const line = /^nixsecret\.toml:(\d+)/.exec(error.message)?.[1]
  return { problem: error.message, line: line === undefined ? null : Number(line) }
}
