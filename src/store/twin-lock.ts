import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isRunning, processMark } from '../host/process-mark.ts'

/** Milliseconds between two looks at a lock that another process holds. */
const PAUSE = 50

/**
 * One process at a time makes or changes a twin. Held by a file, since Node knows no `flock`, in a way that the lock of
 * a killed process can be taken over by exactly one other.
 *
 * The files are numbered, and the highest says who holds the lock: a {@link processMark}, or nothing if it was let go.
 * To take it is to link the next number, which only one can. Whoever holds it removes lower numbers, so one that
 * looked long ago may link a number that was there before: it sees a higher one then, and lets go.
 */
export class TwinLock {
  readonly #file: string

  private constructor(file: string) {
    this.#file = file
  }

  /**
   * Waits until the lock is ours.
   * @param onWait called once if somebody else holds it
   */
  static async take(dir: string, onWait: () => void = () => {}): Promise<TwinLock> {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    const own = join(dir, `own-${process.pid}`)
    writeFileSync(own, `${processMark()}\n`, { mode: 0o600 })
    try {
      for (let waited = false; ; waited = true) {
        const lock = tryTake(dir, own)
        if (lock !== null) return new TwinLock(lock)
        if (!waited) onWait()
        await new Promise((resolve) => setTimeout(resolve, PAUSE))
      }
    } finally {
      rmSync(own, { force: true })
    }
  }

  /** Lets it go. */
  release(): void {
    truncateSync(this.#file)
  }
}

/** @returns the file of the lock, or null if another holds it */
function tryTake(dir: string, own: string): string | null {
  const highest = Math.max(0, ...numbers(dir))
  if (highest > 0 && isHeld(join(dir, String(highest)))) return null
  const number = highest + 1
  const file = join(dir, String(number))
  try {
    linkSync(own, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return null
    throw error
  }
  const all = numbers(dir)
  if (all.some((other) => other > number)) {
    rmSync(file, { force: true })
    return null
  }
  for (const other of all) if (other < number) rmSync(join(dir, String(other)), { force: true })
  for (const name of readdirSync(dir)) if (isLeftOver(name)) rmSync(join(dir, name), { force: true })
  return file
}

/** By the process that its name tells: the mark in it may not have been written yet. */
function isLeftOver(name: string): boolean {
  return name.startsWith('own-') && !isRunning(`${name.slice('own-'.length)} -`)
}

function numbers(dir: string): number[] {
  return readdirSync(dir)
    .filter((name) => /^[1-9]\d{0,14}$/.test(name))
    .map(Number)
}

function isHeld(file: string): boolean {
  try {
    return isRunning(readFileSync(file, 'latin1').trimEnd())
  } catch {
    return false
  }
}
