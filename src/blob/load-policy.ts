import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs'
import { NixsecretError } from '../errors.ts'
import type { CatFile } from '../git/cat-file.ts'
import { tryGit } from '../git/run-git.ts'
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
    const stat = file === null ? undefined : readable(() => lstatSync(file, { throwIfNoEntry: false }))
    if (stat === undefined) return ''
    if (!stat.isFile()) throw noFile()
    return `${stat.ino}:${stat.size}:${stat.mtimeMs}:${stat.ctimeMs}`
  }

  async #load(inWorkTree: boolean): Promise<Policy | null> {
    const file = this.#file()
    if (inWorkTree && file !== null) return parse(readable(() => readRegular(file)))
    const oid = (await this.#entry(['ls-files', '-s'])) ?? (await this.#entry(['ls-tree', 'HEAD']))
    const blob = oid === null ? null : await this.#catFile.get(oid)
    return blob === null || blob.type !== 'blob' ? null : parse(blob.content)
  }

  /** Id of the policy as git lists it, which tells a file from a symlink: `MODE OID STAGE`, or `MODE TYPE OID`. */
  async #entry([command = '', ...rest]: readonly string[]): Promise<string | null> {
    const args =
      command === 'ls-tree'
        ? ['ls-tree', '--full-tree', '-z', ...rest, POLICY_FILE]
        : ['ls-files', '-z', ...rest, '--', `:(top,literal)${POLICY_FILE}`]
    const { stdout } = await tryGit(args, this.#catFile.options)
    const entry = stdout.toString('latin1').split('\0')[0] ?? ''
    if (entry === '') return null
    const mode = entry.slice(0, 6)
    const oid = /\b([0-9a-f]{40}|[0-9a-f]{64})\b/.exec(entry)?.[1] ?? null
    if (!mode.startsWith('100')) throw noFile()
    // In conflict it is none yet.
    return command === 'ls-files' && !/ 0\t/.test(entry) ? null : oid
  }
}

/** What a link leads to lies elsewhere, and changes without a commit. */
function noFile(): NixsecretError {
  return new NixsecretError('policy', `${POLICY_FILE} is not a regular file, and is not followed`, {
    hints: [`ls -l ${POLICY_FILE}`],
  })
}

function readRegular(file: string): Buffer {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    if (!fstatSync(fd).isFile()) throw noFile()
    return readFileSync(fd)
  } finally {
    closeSync(fd)
  }
}

// Unreadable is as bad as unparseable, and no worse: what does not need the policy goes on.
function readable<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof NixsecretError) throw cause
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
