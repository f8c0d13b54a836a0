import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isRunning, processMark } from '../host/process-mark.ts'

/**
 * Who uses a twin just now, one file each: while anybody does, it is not changed under their feet. To be asked and
 * added to with the {@link TwinLock} held; taken out without.
 */
export class TwinUsers {
  readonly #dir: string

  constructor(dir: string) {
    this.#dir = dir
  }

  /** Process numbers of those who use it; files of processes that have ended are removed. */
  others(): number[] {
    return this.#names().flatMap((name) => {
      const file = join(this.#dir, name)
      const running = marks(file).filter(isRunning)
      if (running.length === 0) rmSync(file, { force: true })
      return running.slice(0, 1).map((mark) => Number.parseInt(mark, 10))
    })
  }

  /** Makes a process a user of the twin. */
  add(pid: number = process.pid): TwinUser {
    mkdirSync(this.#dir, { recursive: true, mode: 0o700 })
    const file = join(this.#dir, String(pid))
    writeFileSync(file, `${processMark(pid)}\n`, { mode: 0o600 })
    return new TwinUser(file)
  }

  #names(): string[] {
    try {
      return readdirSync(this.#dir)
    } catch {
      return []
    }
  }
}

/** One user of a twin. */
export class TwinUser {
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  /** A command that was started goes on if we are killed: as long as it runs, the twin is in use. */
  started(pid: number): void {
    appendFileSync(this.#file, `${processMark(pid)}\n`)
  }

  /** The twin is used no more. */
  leave(): void {
    rmSync(this.#file, { force: true })
  }
}

function marks(file: string): string[] {
  try {
    return readFileSync(file, 'latin1').split('\n').filter(Boolean)
  } catch {
    return []
  }
}
