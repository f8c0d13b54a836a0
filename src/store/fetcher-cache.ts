import { closeSync, constants, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileStamp } from '../host/file-stamp.ts'
import { sourceName } from './store-path.ts'

/** Bytes behind a commit's id in which the answer of the same row ends; rows that we know have some hundred. */
const ROW = 1024
/** Bytes; the largest cache that is read. */
const MAX_SIZE = 1 << 30

/** The latest format that was looked at, of Nix 2.34. */
const LAST_KNOWN = 4

/** A row of Nix's cache of fetched sources that answers for a commit. */
export interface CachedSource {
  /** Offset of the hash in the file. */
  readonly offset: number
  /** As it stands there: the hash part of a store path, or the SRI hash of a NAR. */
  readonly hash: string
  /** The name in the store that Nix takes for the commit. */
  readonly name: string
}

/**
 * One file of Nix's cache of fetched sources, `fetcher-cache-v*.sqlite`. It is keyed by the commit alone: what Nix once
 * copied for a commit it takes again, from whatever clone, filtered or not. So does it, since 2.26 at least, for work
 * trees with changes, keyed by commit and changed files (measured).
 *
 * Node 20 reads no SQLite, but a row is one run of bytes, key before answer, and both are text:
 * - v1 (2.8): `{"name":"source","rev":COMMIT,"type":"git"}` … `/nix/store/HASH-source`
 * - v3 (2.26): `{"fingerprint":"COMMIT…",…}{"storePath":"HASH-source"}`
 * - v4 (2.34): `{"fingerprint":"COMMIT…",…}{"hash":"sha256-…"}`
 */
export class FetcherCache {
  readonly file: string

  constructor(file: string) {
    this.file = file
  }

  /**
   * The caches in a directory, of all versions of Nix. Those that another process writes just now have a `-wal`, or a
   * `-journal`: if that was killed, SQLite brings back the rows which this holds when it opens the cache.
   */
  static in(dir: string): FetcherCache[] {
    let names: string[]
    try {
      names = readdirSync(dir)
    } catch {
      return []
    }
    return names
      .filter((name) => /^fetcher-cache-v\d+\.sqlite(-wal|-journal)?$/.test(name))
      .map((name) => new FetcherCache(join(dir, name)))
  }

  get stamp(): string {
    return fileStamp(this.file)
  }

  /** Whether rows can be changed in place: a log or journal has checksums. */
  get canForget(): boolean {
    return basename(this.file).endsWith('.sqlite')
  }

  /** Whether this is a cache whose rows we know how to read. */
  get isKnown(): boolean {
    return Number(/-v(\d+)\./.exec(basename(this.file))?.[1]) <= LAST_KNOWN
  }

  /** Whether it says anything of a commit. */
  mentions(commit: string): boolean {
    return readCache(this.file).includes(commit)
  }

  /** What it has for a commit, and maybe what lies near by. @param store directory of the store */
  sourcesOf(commit: string, store: string): CachedSource[] {
    const bytes = readCache(this.file)
    const found = new Map<number, CachedSource>()
    for (let at = bytes.indexOf(commit); at !== -1; at = bytes.indexOf(commit, at + 1)) {
      const row = bytes.toString('latin1', at, at + ROW)
      for (const { index, 1: hash = '', 2: nar = '' } of row.matchAll(ANSWER)) {
        const offset = at + index + row.slice(index).indexOf(hash || nar)
        const name = hash !== '' ? `${hash}-source` : sourceName(store, Buffer.from(nar.slice(7), 'base64'))
        const source = { offset, hash: hash || nar, name }
        if (!isForgotten(source)) found.set(offset, source)
      }
    }
    return [...found.values()]
  }

  /**
   * Makes Nix forget these: in the place of each hash comes one that nothing has, of the same length, and Nix fetches
   * again what is not in the store. The table's index is by key, so it stays as it should be.
   */
  forget(sources: readonly CachedSource[]): void {
    const fd = openSync(this.file, constants.O_RDWR | constants.O_NOFOLLOW)
    try {
      for (const { offset, hash } of sources) writeSync(fd, nothing(hash), offset, 'latin1')
    } finally {
      closeSync(fd)
    }
  }
}

const ANSWER =
  /(?:"storePath":"|\/)([0-9abcdfghijklmnpqrsvwxyz]{32})-source|"hash":"(sha256-[A-Za-z0-9+/]{43}=)"/g

function nothing(hash: string): string {
  return hash.startsWith('sha256-') ? `sha256-${'A'.repeat(43)}=` : '0'.repeat(32)
}

function isForgotten({ hash }: CachedSource): boolean {
  return hash === nothing(hash)
}

function readCache(file: string): Buffer {
  try {
    const bytes = readFileSync(file)
    return bytes.length <= MAX_SIZE ? bytes : Buffer.alloc(0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}
