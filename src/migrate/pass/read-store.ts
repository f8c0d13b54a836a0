import { lstatSync, readdirSync, readFileSync, type Stats } from 'node:fs'
import { type BytePath, bytePath, displayPath, displayText, pathBytes } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import type { LeftOut } from '../import-plan.ts'
import { GPG_ID_LIMIT, parseGpgIds } from './gpg-id.ts'

/** One password of a store. */
export interface PassEntry {
  /** As pass calls it: the path without `.gpg`. */
  readonly name: BytePath
  /** Absolute. */
  readonly file: Buffer
  /** Whom the nearest `.gpg-id` names; null where there is none. */
  readonly ids: readonly string[] | null
  /** The folder of that `.gpg-id`. */
  readonly idsIn: BytePath | ''
}

/** What a password store holds. */
export interface PassStore {
  readonly entries: readonly PassEntry[]
  readonly left: readonly LeftOut[]
}

/** What pass and git keep in a store beside entries. */
const OWN_FILES = new Set(['.gpg-id', '.gpg-id.sig', '.gitattributes', '.gitignore', '.gpg-keys'])
const OWN_DIRS = new Set(['.git', '.extensions', '.public-keys'])
const ENTRIES_LIMIT = 100_000

/**
 * Looks through a password store of `pass`; nothing is decrypted. Symbolic links are not followed.
 * @param dir absolute
 * @param prefix a folder of the store, or one entry; `''` for all of it
 * @throws NixsecretError `missing` where there is no store, or nothing at the prefix
 */
export function readPassStore(dir: string, prefix: BytePath | ''): PassStore {
  const walk = new Walk(prefix)
  const top = Buffer.from(dir, 'utf8')
  if (!statOf(top)?.isDirectory() && !isLinkedDirectory(top)) throw noStore(dir)
  walk.directory(top, '', { ids: null, idsIn: '' })
  if (walk.entries.length === 0 && walk.left.length === 0) {
    if (prefix === '') throw noStore(dir)
    throw new NixsecretError('missing', `${displayPath(prefix)} is not in the password store`, {
      hints: ['pass ls'],
    })
  }
  return walk
}

class Walk implements PassStore {
  readonly entries: PassEntry[] = []
  readonly left: LeftOut[] = []
  readonly #prefix: BytePath | ''

  constructor(prefix: BytePath | '') {
    this.#prefix = prefix
  }

  directory(dir: Buffer, below: BytePath | '', inherited: Pick<PassEntry, 'ids' | 'idsIn'>): void {
    const own = idsIn(dir)
    const ids = own === null ? inherited : { ids: own, idsIn: below }
    for (const name of list(dir)) {
      const base = bytePath(name)
      const path = (below === '' ? base : `${below}/${base}`) as BytePath
      const file = Buffer.concat([dir, Buffer.from('/'), name])
      const stat = statOf(file)
      if (stat === null) continue
      if (stat.isDirectory()) {
        if (!OWN_DIRS.has(base) && this.#leadsToPrefix(path)) this.directory(file, path, ids)
      } else this.#file(file, path, stat, ids)
    }
  }

  #file(file: Buffer, path: BytePath, stat: Stats, ids: Pick<PassEntry, 'ids' | 'idsIn'>): void {
    const name = (path.endsWith('.gpg') ? path.slice(0, -'.gpg'.length) : path) as BytePath
    if (!this.#wanted(name)) return
    if (OWN_FILES.has(path.slice(path.lastIndexOf('/') + 1))) return
    if (stat.isSymbolicLink())
      this.#leave(path, 'a symbolic link; what it leads to comes in under its own name')
    else if (name === path || /(^|\/)$/.test(name))
      this.#leave(path, 'not an entry of pass: its name does not end in .gpg')
    else if (!stat.isFile()) this.#leave(path, 'no regular file')
    else if (this.entries.length >= ENTRIES_LIMIT)
      throw new NixsecretError('io', `the password store has more than ${ENTRIES_LIMIT} entries`)
    else this.entries.push({ name, file, ...ids })
  }

  #leave(path: BytePath, why: string): void {
    this.left.push({ what: pathBytes(path).toString('latin1'), why })
  }

  /** Whether a directory holds what is asked for, or lies on the way to it. */
  #leadsToPrefix(path: BytePath): boolean {
    return this.#wanted(path) || `${this.#prefix}/`.startsWith(`${path}/`)
  }

  #wanted(name: BytePath): boolean {
    return this.#prefix === '' || name === this.#prefix || name.startsWith(`${this.#prefix}/`)
  }
}

function idsIn(dir: Buffer): string[] | null {
  const file = Buffer.concat([dir, Buffer.from('/.gpg-id')])
  // Followed: pass itself reads it through a link.
  try {
    const bytes = readFileSync(file)
    return bytes.length > GPG_ID_LIMIT ? [] : parseGpgIds(bytes.toString('utf8'))
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new NixsecretError('io', `cannot read ${displayText(file)}`, { cause: fault })
  }
}

/** In the order of bytes, so that every run is the same. */
function list(dir: Buffer): Buffer[] {
  try {
    return readdirSync(dir, { encoding: 'buffer' }).sort(Buffer.compare)
  } catch (cause) {
    throw new NixsecretError('io', `cannot read the directory ${displayText(dir)}`, { cause })
  }
}

function statOf(file: Buffer): Stats | null {
  return lstatSync(file, { throwIfNoEntry: false }) ?? null
}

/** The store itself may be a link, as dotfile managers make it. */
function isLinkedDirectory(dir: Buffer): boolean {
  return statOf(Buffer.concat([dir, Buffer.from('/.')]))?.isDirectory() ?? false
}

function noStore(dir: string): NixsecretError {
  return new NixsecretError('missing', `${displayText(dir)} is no password store of pass`, {
    hints: ['git nixsecret import pass --store DIR'],
  })
}
