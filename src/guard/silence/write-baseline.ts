import { randomBytes } from 'node:crypto'
import { lstatSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { NixsecretError } from '../../errors.ts'
import { BASELINE_FILE, baselineOf } from './baseline.ts'
import { baselineText } from './baseline-text.ts'
import type { Silenceable } from './fingerprint.ts'

/** What a baseline holds, and what it could not. */
export interface WrittenBaseline {
  /** Lines: findings that are alike within a file are one. */
  readonly entries: number
  /** Findings about versions of files that are not committed yet: those can still be mended. */
  readonly skipped: number
}

/**
 * Writes `nixsecret-baseline.json` anew, in one step; what it held and is not found any more goes.
 * @param top the work tree
 * @param checks of each check by itself, all findings but those that a comment or the policy allows
 * @throws NixsecretError `refused` where something else has that name, `io` where it can't be written
 */
export function writeBaseline(top: string, checks: readonly (readonly Silenceable[])[]): WrittenBaseline {
  const { baseline, skipped } = baselineOf(checks)
  const file = `${top}/${BASELINE_FILE}`
  const stat = lstatSync(file, { throwIfNoEntry: false })
  if (stat !== undefined && !stat.isFile())
    throw new NixsecretError('refused', `${BASELINE_FILE} is not a regular file`, {
      hints: [`ls -ld ${BASELINE_FILE}`],
    })
  replaceFile(file, baselineText(baseline))
  return { entries: baseline.entries.length, skipped }
}

function replaceFile(file: string, text: string): void {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`
  try {
    writeFileSync(temporary, text, { flag: 'wx' })
    renameSync(temporary, file)
  } catch (cause) {
    rmSync(temporary, { force: true })
    throw new NixsecretError('io', `cannot write ${BASELINE_FILE}`, { cause })
  }
}
