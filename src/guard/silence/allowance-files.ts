import { POLICY_FILE } from '../../blob/policy-file-name.ts'
import { policyFrom } from '../../blob/policy-from.ts'
import { NixsecretError } from '../../errors.ts'
import type { Allowance } from '../../policy/policy.ts'
import { BASELINE_FILE, type Baseline } from './baseline.ts'
import { parseBaseline } from './baseline-text.ts'

/**
 * Content of a file at the top, or null where there is none.
 * @param revision a name of a commit or tree; empty: what has no commit yet, as the index
 */
export type ReadFile = (revision: string, file: string) => Promise<Uint8Array | null>

/** What revisions allow, by their policy and baseline. Each text is parsed once, however many revisions have it. */
export class AllowanceFiles {
  readonly #read: ReadFile
  readonly #policies = new Map<string, Promise<readonly Allowance[]>>()
  readonly #baselines = new Map<string, Promise<Baseline | NixsecretError | null>>()
  readonly #parsed = new Map<string, readonly Allowance[] | Baseline | NixsecretError>()

  constructor(read: ReadFile) {
    this.#read = read
  }

  /** @returns none where there is no policy, or one that does not parse: the rule `policy` tells of that */
  policy(revision: string): Promise<readonly Allowance[]> {
    return once(this.#policies, revision, async () => {
      const content = await this.#read(revision, POLICY_FILE)
      if (content === null) return []
      const text = Buffer.from(content).toString('utf8')
      const parsed = this.#parse(`policy ${text}`, () => policyFrom(text).allow)
      return parsed instanceof NixsecretError ? [] : (parsed as readonly Allowance[])
    })
  }

  /** @returns null where there is none; the fault where it does not parse */
  baseline(revision: string): Promise<Baseline | NixsecretError | null> {
    return once(this.#baselines, revision, async () => {
      const content = await this.#read(revision, BASELINE_FILE)
      if (content === null) return null
      const key = `baseline ${Buffer.from(content).toString('latin1')}`
      return this.#parse(key, () => parseBaseline(content)) as Baseline | NixsecretError
    })
  }

  #parse(key: string, parse: () => readonly Allowance[] | Baseline) {
    let parsed = this.#parsed.get(key)
    if (parsed === undefined) {
      try {
        parsed = parse()
      } catch (error) {
        if (!(error instanceof NixsecretError)) throw error
        parsed = error
      }
      this.#parsed.set(key, parsed)
    }
    return parsed
  }
}

function once<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  let value = known.get(key)
  if (value === undefined) {
    value = make()
    known.set(key, value)
  }
  return value
}
