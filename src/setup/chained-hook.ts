import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { type HookName, KEPT } from './hook-text.ts'

/**
 * Runs the hook that init moved aside, if there is one, as git would have.
 * @param dir where git looks for hooks
 * @param input what git wrote to standard input, where that was read already; null hands ours on
 * @returns its exit code, 0 where there is none or git would not have run it
 */
export async function runChainedHook(
  dir: string,
  name: HookName,
  args: readonly string[],
  input: Buffer | null,
): Promise<number> {
  const file = join(dir, name + KEPT)
  try {
    accessSync(file, constants.X_OK)
  } catch {
    return 0
  }
  try {
    return await runFile(file, args, input)
  } catch (cause) {
    // Without a `#!` line the system refuses to run it, and git takes the shell then.
    if ((cause as NodeJS.ErrnoException).code === 'ENOEXEC') return runFile('/bin/sh', [file, ...args], input)
    throw new NixsecretError('io', `cannot run the hook ${displayText(file)}`, { cause })
  }
}

function runFile(file: string, args: readonly string[], input: Buffer | null): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: [input === null ? 'inherit' : 'pipe', 'inherit', 'inherit'] })
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
    // A hook need not read what it is given.
    child.stdin?.on('error', () => {})
    child.stdin?.end(input ?? undefined)
  })
}
