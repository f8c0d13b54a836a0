import { EntryScanner, type Hit, type ScanOptions, type Unreadable } from './entry-scanner.ts'
import type { Patterns } from './search-plan.ts'

/** The entries of a store as all threads see them. */
export interface SharedEntries {
  /** Names, one character a byte, with `/` between them, which no name has. */
  readonly names: Uint8Array<SharedArrayBuffer>
  /** One a name: see `FILE` of entry-scanner.ts. */
  readonly types: Uint8Array<SharedArrayBuffer>
  /** One number: how many entries have been taken by a thread. */
  readonly taken: Int32Array<SharedArrayBuffer>
}

/** What a thread is to do: as much of the entries as it gets hold of. */
export interface ScanJob {
  readonly patterns: Patterns
  readonly options: ScanOptions
  readonly entries: SharedEntries
}

/** What came out of one thread's share, or of all. */
export interface ScanResult {
  readonly hits: readonly Hit[]
  readonly unreadable: readonly Unreadable[]
  readonly files: number
  readonly bytes: number
  readonly unread: number
  readonly dropped: number
}

/** Entries that a thread takes at a time. */
const BATCH = 32

/**
 * Looks at entries until all have been taken, by this thread or another.
 * @param onProgress told how many have been taken
 */
export function scanShare(
  { patterns, options, entries }: ScanJob,
  onProgress?: (taken: number) => void,
): ScanResult {
  const scanner = new EntryScanner(patterns, options)
  const names = Buffer.from(entries.names).toString('latin1').split('/')
  const { types, taken } = entries
  for (;;) {
    const from = Atomics.add(taken, 0, BATCH)
    if (from >= types.length) break
    const to = Math.min(types.length, from + BATCH)
    for (let at = from; at < to; at++) scanner.look(names[at] as string, types[at] as number)
    onProgress?.(to)
  }
  const { hits, unreadable, files, bytes, unread, dropped } = scanner
  return { hits, unreadable, files, bytes, unread, dropped }
}
