import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Unreadable } from './entry-scanner.ts'
import type { FileScanner } from './file-scanner.ts'
import type { Found, Look } from './found.ts'
import { meaningsOf } from './meanings-of.ts'
import type { SearchPlan } from './search-plan.ts'

/** Logs that one process unpacks. */
const BATCH = 200

/**
 * Looks through build logs: `drvs/XX/NAME.drv.bz2`, unpacked by `bzip2`, and those that are not compressed.
 * @param dir as `logDir` has it; it need not exist
 */
export async function scanLogs(
  plan: SearchPlan,
  scanner: FileScanner,
  dir: string,
  onProgress: (done: number, total: number) => void,
): Promise<Look> {
  const look = new LogLook(plan, scanner)
  const logs = look.list(join(dir, 'drvs'))
  const packed = logs.filter((log) => log.endsWith('.bz2'))
  for (const log of logs) {
    look.name(log)
    if (!log.endsWith('.bz2')) look.plain(log)
  }
  if (packed.length > 0 && !(await look.canUnpack()))
    return {
      found: look.found,
      unreadable: [...look.unreadable, look.noBzip2(dir)],
      files: logs.length - packed.length,
    }
  for (let from = 0; from < packed.length; from += BATCH) {
    onProgress(from, packed.length)
    await look.packed(packed.slice(from, from + BATCH))
  }
  return { found: look.found, unreadable: look.unreadable, files: logs.length }
}

class LogLook {
  readonly found: Found[] = []
  readonly unreadable: Unreadable[] = []
  readonly #plan: SearchPlan
  readonly #scanner: FileScanner

  constructor(plan: SearchPlan, scanner: FileScanner) {
    this.#plan = plan
    this.#scanner = scanner
  }

  list(dir: string): string[] {
    try {
      return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
        const path = join(dir, entry.name)
        return entry.isDirectory() ? this.list(path) : entry.isFile() ? [path] : []
      })
    } catch (fault) {
      this.#note(dir, fault)
      return []
    }
  }

  /** A derivation's name is part of it. */
  name(log: string): void {
    const needles = new Set<number>()
    this.#scanner.scanText(Buffer.from(basename(log)), (needle) => needles.add(needle))
    this.#keep(log, [...needles], 'name')
  }

  plain(log: string): void {
    try {
      const hits = this.#scanner.scan(log, 'all')
      if (hits !== null) this.#keep(log, hits.needles)
    } catch (fault) {
      this.#note(log, fault)
    }
  }

  async canUnpack(): Promise<boolean> {
    return (await this.#unpack([])) !== null
  }

  noBzip2(dir: string): Unreadable {
    return { path: latin1(dir), code: 'bzip2 is not on PATH' }
  }

  /** All in one go; where something is found, or goes wrong, one after the other. */
  async packed(logs: readonly string[]): Promise<void> {
    const needles = await this.#unpack(logs)
    const [log] = logs
    if (logs.length > 1 && (needles === null || needles.size > 0)) {
      for (const one of logs) await this.packed([one])
    } else if (log !== undefined && needles === null)
      this.unreadable.push({ path: latin1(log), code: 'bzip2 failed' })
    else if (log !== undefined && needles !== null) this.#keep(log, [...needles])
  }

  #unpack(logs: readonly string[]): Promise<Set<number> | null> {
    const child = spawn('bzip2', ['-dc', '--', ...logs], { stdio: ['ignore', 'pipe', 'ignore'] })
    const needles = new Set<number>()
    let rest: Buffer = Buffer.alloc(0)
    child.stdout.on('data', (piece: Buffer) => {
      rest = this.#scanner.scanPiece(rest, piece, (needle) => needles.add(needle))
    })
    return new Promise((resolve) => {
      child.on('error', () => resolve(null))
      // Without a name it would unpack its standard input, which is empty.
      child.on('close', (code) => resolve(code === 0 || logs.length === 0 ? needles : null))
    })
  }

  #keep(log: string, needles: readonly number[], where: 'content' | 'name' = 'content'): void {
    if (needles.length === 0) return
    const meanings = meaningsOf(this.#plan, { needles, wholes: [] })
    this.found.push({ kind: 'build-log', path: latin1(log), in: where, meanings })
  }

  #note(path: string, fault: unknown): void {
    const { code } = fault as NodeJS.ErrnoException
    if (code === undefined) throw fault
    if (code !== 'ENOENT') this.unreadable.push({ path: latin1(path), code })
  }
}

function latin1(path: string): string {
  return Buffer.from(path).toString('latin1')
}
