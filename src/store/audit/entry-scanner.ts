import * as fs from 'node:fs'
import { type FileHits, FileScanner } from './file-scanner.ts'
import type { Patterns } from './search-plan.ts'

/** How the entries of a store are looked at. */
export interface ScanOptions {
  /** The store, absolute, one character a byte. */
  readonly store: string
  /** Every file, or what secrets come to lie in first. */
  readonly deep: boolean
}

/** A file in which something was found: in its content, in its own name, or, a symlink, in what it leads to. */
export interface Hit extends FileHits {
  /** Below the store, one character a byte. */
  readonly path: string
  readonly in: 'content' | 'name' | 'target'
}

/** A place that could not be looked at. */
export interface Unreadable {
  readonly path: string
  /** As `EACCES`. */
  readonly code: string
}

/** What is at the top of a store: an entry's type as a number, so that a thread can be handed many. */
export const FILE = 1
/** See {@link FILE}. */
export const DIRECTORY = 2
/** See {@link FILE}. */
export const SYMLINK = 3
/** See {@link FILE}: a file in {@link LINKS}. */
export const LINK = 4
/** Hard links of the store's files (`nix-store --optimise`). */
export const LINKS = '.links'

/** Source trees: the repository may be part of one (a submodule), so that a secret lies further in. */
const SOURCE = /-source$/
/** Hits and faults that are kept; what is more is counted. */
const MOST = 5000

/** Looks at entries of a store, one after the other. */
export class EntryScanner {
  readonly #store: string
  readonly #deep: boolean
  readonly #scanner: FileScanner
  readonly #paths: readonly string[][]
  readonly #firsts: ReadonlySet<string>
  readonly #lasts: ReadonlySet<string>
  readonly hits: Hit[] = []
  readonly unreadable: Unreadable[] = []
  /** Files that were looked at. */
  files = 0
  /** Hits and faults that were too many to be kept. */
  dropped = 0

  constructor(patterns: Patterns, { store, deep }: ScanOptions) {
    this.#scanner = new FileScanner(patterns)
    this.#store = store
    this.#deep = deep
    // A copy may be of any directory above the secret.
    const suffixes = patterns.paths.flatMap((path) => {
      const parts = path.split('/')
      return parts.map((_, from) => parts.slice(from).join('/'))
    })
    this.#paths = [...new Set(suffixes)].map((path) => path.split('/'))
    this.#firsts = new Set(this.#paths.map(([first]) => first as string))
    this.#lasts = new Set(this.#paths.map((parts) => parts.at(-1) as string))
  }

  get bytes(): number {
    return this.#scanner.bytes
  }

  /** Large files outside of directories of which only the whole was compared. */
  get unread(): number {
    return this.#scanner.unread
  }

  /** Looks at an entry. Never throws. */
  look(name: string, type: number): void {
    if (type === LINK) this.#scan(`${LINKS}/${name}`, 'all')
    else this.#lookAtName(name)
    if (type === FILE) this.#scan(name, this.#deep || name.endsWith('.drv') ? 'all' : 'small')
    else if (type === DIRECTORY && (this.#deep || SOURCE.test(name))) this.#walk(name)
    else if (type === DIRECTORY) this.#lookInto(name)
    else if (type === SYMLINK && this.#deep) this.#lookAtTarget(name)
  }

  /** Only those of a directory's files that lie where a secret would. */
  #lookInto(entry: string): void {
    const names = this.#try(entry, (file) => fs.readdirSync(file, 'latin1'))
    if (names === null || !names.some((name) => this.#firsts.has(name))) return
    const here = new Set(names)
    for (const parts of this.#paths) {
      const path = `${entry}/${parts.join('/')}`
      if (here.has(parts[0] as string) && this.#isFile(path)) this.#scan(path, 'all')
    }
  }

  #isFile(path: string): boolean {
    return this.#try(path, (file) => fs.lstatSync(file, { throwIfNoEntry: false }))?.isFile() ?? false
  }

  /** Everything below a directory, or what has a secret's own name; symlinks are not followed. */
  #walk(top: string): void {
    const open = [top]
    for (let dir = open.pop(); dir !== undefined; dir = open.pop()) {
      const at = dir
      const entries = this.#try(at, (file) =>
        fs.readdirSync(file, { encoding: 'latin1' as 'utf8', withFileTypes: true }),
      )
      for (const entry of entries ?? []) {
        const path = `${at}/${entry.name}`
        if (this.#deep) this.#lookAtName(entry.name, path)
        if (entry.isDirectory()) open.push(path)
        else if (entry.isFile() && (this.#deep || this.#lasts.has(entry.name))) this.#scan(path, 'all')
        else if (entry.isSymbolicLink() && this.#deep) this.#lookAtTarget(path)
      }
    }
  }

  #scan(path: string, depth: 'all' | 'small'): void {
    const hits = this.#try(path, (file) => this.#scanner.scan(file, depth))
    this.files++
    if (hits !== null) this.#keep(this.hits, { path, in: 'content', ...hits })
  }

  #lookAtName(name: string, path = name): void {
    this.#lookAtText(Buffer.from(name, 'latin1'), path, 'name')
  }

  #lookAtTarget(path: string): void {
    const target = this.#try(path, (file) => fs.readlinkSync(file, 'buffer'))
    if (target !== null) this.#lookAtText(target, path, 'target')
  }

  #lookAtText(text: Uint8Array, path: string, where: 'name' | 'target'): void {
    const needles = new Set<number>()
    this.#scanner.scanText(text, (needle) => needles.add(needle))
    if (needles.size > 0) this.#keep(this.hits, { path, in: where, needles: [...needles], wholes: [] })
  }

  /** What is gone by now is no fault: the store lives on while it is looked at. */
  #try<T>(path: string, look: (file: string | Buffer) => T): T | null {
    const full = `${this.#store}/${path}`
    try {
      // What is ASCII needs no conversion.
      return look(/^[\x00-\x7f]*$/.test(full) ? full : Buffer.from(full, 'latin1'))
    } catch (fault) {
      const { code } = fault as NodeJS.ErrnoException
      if (code === undefined) throw fault
      // ENOTDIR: a file where a directory would have to be; ELOOP: a symlink; ENXIO: a socket.
      const gone = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'].includes(code)
      // Nix leaves lock files behind that only root may open.
      if (!gone && !isEmptyFile(full)) this.#keep(this.unreadable, { path, code })
      return null
    }
  }

  #keep<T>(list: T[], item: T): void {
    if (list.length < MOST) list.push(item)
    else this.dropped++
  }
}

function isEmptyFile(path: string): boolean {
  try {
    const stat = fs.lstatSync(Buffer.from(path, 'latin1'))
    return stat.isFile() && stat.size === 0
  } catch {
    return false
  }
}
