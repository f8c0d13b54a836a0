import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import type { Repository } from '../git/repository.ts'
import { hookFile, PROGRAM, SERVER_HOOK } from './hook-text.ts'
import { hookState } from './hooks-place.ts'
import { applyHookFiles, planHookFiles } from './install-hooks.ts'
import { NO_RECORD, readRecord, writeRecord } from './install-record.ts'
import { programOnPath, supportedGit } from './requirements.ts'
import { type ServerHookPlace, serverHookPlace } from './server-hook.ts'

/** What `init --server` did. */
export interface InitServerReport {
  readonly place: ServerHookPlace
  /** Whether the hook, or where it finds the program, had to be written. */
  readonly written: boolean
  /** Whether a hook of somebody else was there, and runs first from now on. */
  readonly kept: boolean
}

/**
 * Installs the hook that judges what is pushed to this repository: bare, or with a work tree (a host that is deployed by
 * `git push`, with `receive.denyCurrentBranch=updateInstead`). Nothing else is configured.
 * @throws NixsecretError `missing` without program or with an old git, `refused` where a hook is in the way, `io`
 */
export async function initServer(repo: Repository): Promise<InitServerReport> {
  await supportedGit(repo.gitDir)
  const program = programOnPath()
  const place = await serverHookPlace(repo)
  if (place.method === 'by hand') return { place, written: false, kept: false }
  const plan = planHookFiles({ method: 'files', dir: place.dir }, [SERVER_HOOK])
  const before = readRecord(repo.stateDir) ?? NO_RECORD
  const record = { ...before, serverHookDir: place.dir }
  writeRecord(repo.stateDir, record)
  const written = plan.write.length > 0
  const made = applyHookFiles(plan)
  // git passes a hook over that its user may not run, without a word: a careful umask would open the gate.
  if (written) chmodSync(place.file, 0o755)
  if (made) {
    chmodSync(place.dir, 0o755)
    writeRecord(repo.stateDir, { ...record, madeHooksDir: true })
  }
  // A hook of somebody else that calls us finds the program by itself.
  const ours = hookState(place.dir, SERVER_HOOK, hookFile(SERVER_HOOK)) === 'ours'
  const recorded = ours && writeProgram(place, program)
  return { place, written: written || recorded, kept: plan.keep.length > 0 }
}

/** @returns whether it said anything else before */
function writeProgram({ file }: ServerHookPlace, program: string): boolean {
  const text = `${program}\n${dirname(process.execPath)}\n`
  const target = file + PROGRAM
  try {
    if (existsSync(target) && readFileSync(target, 'utf8') === text) return false
    writeFileSync(`${target}.new`, text)
    chmodSync(`${target}.new`, 0o644)
    renameSync(`${target}.new`, target)
    return true
  } catch (cause) {
    throw new NixsecretError('io', `cannot write ${displayText(target)}`, { cause })
  }
}
