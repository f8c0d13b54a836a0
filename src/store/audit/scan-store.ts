import { existsSync, lstatSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { NixsecretError } from '../../errors.ts'
import { DIRECTORY, FILE, LINK, LINKS, type ScanOptions, SYMLINK } from './entry-scanner.ts'
import { type ScanJob, type ScanResult, type SharedEntries, scanShare } from './scan-share.ts'
import type { Patterns } from './search-plan.ts'

/** What a store held. */
export interface StoreScan extends ScanResult {
  /** At the top of the store. */
  readonly entries: number
}

/** Fewer entries than this are not worth a thread. */
const WORTH_A_THREAD = 2000
const MOST_THREADS = 8

/**
 * Looks through a store, with a thread for each processor.
 * @param onProgress told how many of how many entries have been looked at
 * @throws NixsecretError `io` where the store can't be listed
 */
export async function scanStore(
  patterns: Patterns,
  options: ScanOptions,
  onProgress: (done: number, total: number) => void,
): Promise<StoreScan> {
  const entries = share(list(options))
  const total = entries.types.length
  const job: ScanJob = { patterns, options, entries }
  const helpers = startHelpers(job, total < WORTH_A_THREAD && !options.deep ? 0 : availableParallelism() - 1)
  const own = scanShare(job, (taken) => onProgress(taken, total))
  return { entries: total, ...merge([own, ...(await Promise.all(helpers))]) }
}

interface Entry {
  readonly name: string
  readonly type: number
}

function list({ store, deep }: ScanOptions): Entry[] {
  const found: Entry[] = []
  try {
    for (const entry of readdirSync(store, { encoding: 'latin1' as 'utf8', withFileTypes: true })) {
      const { name } = entry
      if (name === LINKS) {
        if (deep) found.push(...orphans(store))
      } else if (entry.isFile()) found.push({ name, type: FILE })
      else if (entry.isDirectory()) found.push({ name, type: DIRECTORY })
      else if (entry.isSymbolicLink()) found.push({ name, type: SYMLINK })
    }
  } catch (cause) {
    throw new NixsecretError('io', `cannot list the Nix store: ${(cause as NodeJS.ErrnoException).code}`, {
      cause,
    })
  }
  return found
}

/** What has a name elsewhere in the store is looked at there; a path that was deleted may have left its files. */
function orphans(store: string): Entry[] {
  return readdirSync(`${store}/${LINKS}`, 'latin1')
    .filter((name) => lstatSync(`${store}/${LINKS}/${name}`, { throwIfNoEntry: false })?.nlink === 1)
    .map((name) => ({ name, type: LINK }))
}

function share(entries: readonly Entry[]): SharedEntries {
  const joined = Buffer.from(entries.map(({ name }) => name).join('/'), 'latin1')
  const names = new Uint8Array(new SharedArrayBuffer(joined.length))
  names.set(joined)
  const types = new Uint8Array(new SharedArrayBuffer(entries.length))
  types.set(entries.map(({ type }) => type))
  return { names, types, taken: new Int32Array(new SharedArrayBuffer(4)) }
}

function startHelpers(job: ScanJob, wanted: number): Promise<ScanResult>[] {
  const file = new URL('./scan-worker.js', import.meta.url)
  // Unbundled, as in a unit test, there is no such file, and this thread does it all.
  const count = existsSync(fileURLToPath(file)) ? Math.min(wanted, MOST_THREADS - 1) : 0
  return Array.from({ length: Math.max(0, count) }, () => {
    const worker = new Worker(file, { workerData: job })
    const result = new Promise<ScanResult>((resolve, reject) => {
      worker.once('message', resolve)
      // What it had taken would not have been looked at: no all-clear.
      worker.once('error', reject)
      worker.once('exit', () =>
        reject(new NixsecretError('io', 'a thread that searched the store ended early')),
      )
    })
    result.catch(() => {})
    return result
  })
}

function merge(results: readonly ScanResult[]): ScanResult {
  const sum = (of: (result: ScanResult) => number) => results.reduce((total, result) => total + of(result), 0)
  return {
    hits: results.flatMap(({ hits }) => hits),
    unreadable: results.flatMap(({ unreadable }) => unreadable),
    files: sum(({ files }) => files),
    bytes: sum(({ bytes }) => bytes),
    unread: sum(({ unread }) => unread),
    dropped: sum(({ dropped }) => dropped),
  }
}
