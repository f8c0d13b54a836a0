import { randomBytes } from 'node:crypto'
import { chmodSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { POLICY_FILE } from '../blob/policy-file-name.ts'
import { policyFrom } from '../blob/policy-from.ts'
import { NixsecretError } from '../errors.ts'
import type { Policy } from '../policy/policy.ts'
import type { Workspace } from './workspace.ts'

/** The policy before and after an edit. */
export interface PolicyChange {
  readonly before: Policy
  readonly after: Policy
  /** False where the edit asked for nothing new. */
  readonly changed: boolean
}

/**
 * Edits the work tree's `nixsecret.toml`: what comes out must be a sound policy, and it replaces the file in one
 * step, with the mode that it had.
 * @param edit text to text; its faults pass through
 * @throws NixsecretError `missing` where the work tree has no policy, `policy` where it or the result does not parse
 */
export function changePolicy(space: Workspace, edit: (text: string) => string): PolicyChange {
  const file = `${space.top}/${POLICY_FILE}`
  const stat = lstatSync(file, { throwIfNoEntry: false })
  if (stat === undefined) {
    throw new NixsecretError('missing', 'the work tree has no nixsecret.toml', {
      hints: ['git nixsecret init', 'git checkout HEAD -- :/nixsecret.toml'],
    })
  }
  if (!stat.isFile())
    throw new NixsecretError('policy', 'nixsecret.toml is not a regular file, and is not followed')
  const text = readFileSync(file, 'utf8')
  const before = policyFrom(text)
  const next = edit(text)
  if (next === text) return { before, after: before, changed: false }
  const after = policyFrom(next)
  replaceFile(file, next, stat.mode & 0o777)
  return { before, after, changed: true }
}

function replaceFile(file: string, text: string, mode: number): void {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`
  try {
    writeFileSync(temporary, text, { flag: 'wx', mode })
    // The mode above is subject to the umask.
    chmodSync(temporary, mode)
    renameSync(temporary, file)
  } catch (cause) {
    rmSync(temporary, { force: true })
    throw new NixsecretError('io', 'cannot write nixsecret.toml', { cause })
  }
}
