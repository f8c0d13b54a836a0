import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import type { ConfigEntry } from './config-entries.ts'
import { formerCommands, HOOKS, type HookName, hookCommand, hookFile, KEPT } from './hook-text.ts'
import { type HooksPlace, hookState } from './hooks-place.ts'

/** What is to be done to the hook files of a repository. */
export interface HookFilesPlan {
  readonly dir: string
  /** To be written. */
  readonly write: readonly HookName[]
  /** Of these, those where a hook of somebody else is moved aside first, and chained. */
  readonly keep: readonly HookName[]
}

/** The entries of git's configuration that hold our hooks, for git 2.54 and later. */
export function hookEntries(): ConfigEntry[] {
  return HOOKS.flatMap((name) => [
    { key: `hook.nixsecret-${name}.command`, value: hookCommand(name), formerly: formerCommands(name) },
    { key: `hook.nixsecret-${name}.event`, value: name, formerly: [] },
  ])
}

/**
 * Looks at the hook files; changes nothing.
 * @throws NixsecretError `refused` where a hook is in the way and one was moved aside already
 */
export function planHookFiles(
  { dir }: HooksPlace & { method: 'files' },
  names: readonly HookName[] = HOOKS,
): HookFilesPlan {
  const states = names.map((name) => ({ name, state: hookState(dir, name, hookFile(name)) }))
  const keep = states.filter(({ state }) => state === 'foreign').map(({ name }) => name)
  for (const name of keep) {
    if (!existsSync(join(dir, name + KEPT))) continue
    const file = displayText(join(dir, name))
    throw new NixsecretError(
      'refused',
      `the hook ${file} is not ours, and ${name}${KEPT} beside it already holds an earlier one`,
      { hints: [`rm ${file}    # after making one hook of the two`, 'git nixsecret init'] },
    )
  }
  const write = states.filter(({ state }) => state !== 'ours' && state !== 'calls us').map(({ name }) => name)
  return { dir, write, keep }
}

/**
 * Writes what a plan says.
 * @returns whether the directory had to be made
 */
export function applyHookFiles(plan: HookFilesPlan): boolean {
  const made = plan.write.length > 0 && !existsSync(plan.dir)
  try {
    if (made) mkdirSync(plan.dir, { recursive: true })
    for (const name of plan.write) {
      const file = join(plan.dir, name)
      // Written in full first: what may fail or be cut short must not leave git without the hook that was there.
      writeFileSync(`${file}.new-nixsecret`, hookFile(name), { mode: 0o755 })
      if (plan.keep.includes(name)) renameSync(file, file + KEPT)
      renameSync(`${file}.new-nixsecret`, file)
    }
  } catch (cause) {
    throw new NixsecretError('io', `cannot write the hooks in ${displayText(plan.dir)}`, { cause })
  }
  return made
}

/**
 * Takes our hook files out and puts back those that were moved aside.
 * @returns hooks that were left, since somebody else's lies where ours was
 */
export function removeHookFiles(
  dir: string,
  madeDir: boolean,
  names: readonly HookName[] = HOOKS,
): HookName[] {
  const left: HookName[] = []
  for (const name of names) {
    const file = join(dir, name)
    const state = hookState(dir, name, hookFile(name))
    if (state === 'ours' || state === 'former') rmSync(file)
    if (!existsSync(file + KEPT)) continue
    if (state === 'ours' || state === 'former' || state === 'absent') renameSync(file + KEPT, file)
    else left.push(name)
  }
  if (madeDir && existsSync(dir) && readdirSync(dir).length === 0) rmdirSync(dir)
  return left
}
