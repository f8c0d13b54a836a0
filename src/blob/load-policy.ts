import { readFileSync, statSync } from 'node:fs'
import { NixsecretError } from '../errors.ts'
import type { CatFile } from '../git/cat-file.ts'
import type { Policy } from '../policy/policy.ts'

import { POLICY_FILE } from './policy-file-name.ts'

// A policy of this size names thousands of keys; what is larger is no policy.
const MAX_POLICY_BYTES = 4 << 20

/**
 * Which policy holds: the work tree's file, else the index's, else that of HEAD.
 * Reads again only where the file changed, since a rebase or checkout may rewrite it while we run.
 */
export class PolicySource {
  readonly #workTree: string | null
  readonly #catFile: CatFile
  #stamp = ''
  #loaded: Promise<Policy | null> | null = null

  constructor(workTree: string | null, catFile: CatFile) {
    this.#workTree = workTree
    this.#catFile = catFile
  }

  /**
   * @returns null where there is no policy at all
   * @throws NixsecretError `policy` where the one that holds does not parse
   */
  async current(): Promise<Policy | null> {
    const stamp = this.#stampNow()
    if (this.#loaded === null || stamp !== this.#stamp) {
      this.#stamp = stamp
      this.#loaded = this.#load(stamp !== '')
      // Whoever awaits it sees the fault; nobody may, if reuse comes first.
      this.#loaded.catch(() => {})
    }
    return this.#loaded
  }

  #file(): string | null {
    return this.#workTree === null ? null : `${this.#workTree}/${POLICY_FILE}`
  }

  #stampNow(): string {
    const file = this.#file()
    const stat = file === null ? undefined : readable(() => statSync(file, { throwIfNoEntry: false }))
    return stat?.isFile() ? `${stat.ino}:${stat.size}:${stat.mtimeMs}:${stat.ctimeMs}` : ''
  }

  async #load(inWorkTree: boolean): Promise<Policy | null> {
    const file = this.#file()
    if (inWorkTree && file !== null) return parse(readable(() => readFileSync(file)))
    const blob =
      (await this.#catFile.get(`:0:${POLICY_FILE}`)) ?? (await this.#catFile.get(`HEAD:${POLICY_FILE}`))
    return blob === null || blob.type !== 'blob' ? null : parse(blob.content)
  }
}

// Unreadable is as bad as unparseable, and no worse: what does not need the policy goes on.
function readable<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new NixsecretError('policy', `${POLICY_FILE} cannot be read (${code})`, {
      hints: [`ls -l ${POLICY_FILE}`],
      cause,
    })
  }
}

async function parse(content: Buffer): Promise<Policy> {
  // Loaded here, since a checkout needs none of it.
  const { policyFrom } = await import('./policy-from.ts')
  return policyFrom(content.subarray(0, MAX_POLICY_BYTES + 1).toString('utf8'))
}
