import { randomBytes } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type BytePath, displayText } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import type { Repository } from '../../git/repository.ts'
import { fileStamp } from '../../host/file-stamp.ts'
import { replaceFile } from '../../host/replace-file.ts'
import { userStateDir } from '../../host/state-dir.ts'

/** The part of a repository that trust is found by: linked worktrees share it. */
export type TrustPlace = Pick<Repository, 'stateDir'>

/** What this user has accepted of who may read what in one repository. */
export interface TrustState {
  /** Commit that HEAD was at when something was last accepted or observed; null before the first commit. */
  readonly at: string | null
  /**
   * Texts of `nixsecret.toml`: the one that was accepted, and those seen since on top of it. What counts as accepted is
   * what all of them give; none: nothing.
   */
  readonly policies: readonly string[]
  /** Of each `.gitattributes` file its lines that bear on `filter`, in their order, one character a byte. */
  readonly attributes: ReadonlyMap<BytePath, readonly string[]>
  /** Protected file → blob that git had there, at that time. */
  readonly paths: ReadonlyMap<BytePath, string>
  /** Sets of readers by the digest in a blob's header: their keys in canonical form. */
  readonly sets: ReadonlyMap<string, readonly string[]>
}

/** A state, or why nothing is accepted. */
export type LoadedTrust =
  | { readonly state: TrustState; readonly problem: null }
  | { readonly state: null; readonly problem: string | null }

/** Bytes; some 100,000 files and a hundred policies. */
const MAX_SIZE = 32 << 20
const MOST_SETS = 5000
const ID = /^[0-9a-f]{32}$/

/**
 * Reads what was accepted. Never throws: what is damaged, too large, somebody else's or can't be read is nothing at all,
 * and `problem` says so; it is null where nothing was ever accepted.
 */
export function loadTrust(place: TrustPlace): LoadedTrust {
  const id = readId(place)
  if (id === null) return { state: null, problem: null }
  let file: string
  try {
    file = stateFile(id)
  } catch (fault) {
    return { state: null, problem: fault instanceof NixsecretError ? fault.message : 'no state can be kept' }
  }
  const bad = (why: string) => ({ state: null, problem: `${displayText(file)}, what was accepted, ${why}` })
  try {
    const bytes = readOwn(file)
    if (typeof bytes === 'string') return bad(bytes)
    const state = parse(bytes)
    return state === null ? bad('is damaged') : { state, problem: null }
  } catch (fault) {
    const { code } = fault as NodeJS.ErrnoException
    if (code === undefined) return bad('is damaged')
    return bad(code === 'ENOENT' ? 'is not there' : `can't be read (${code})`)
  }
}

/** Whether init, or an acceptance, has given this repository a name to remember by. */
export function isEnrolled(place: TrustPlace): boolean {
  return readId(place) !== null
}

/** Changes whenever what {@link loadTrust} says may have changed. */
export function trustStamp(place: TrustPlace): string {
  try {
    const id = readId(place)
    return id === null ? '' : fileStamp(stateFile(id))
  } catch {
    return ''
  }
}

/**
 * Writes what is accepted, for this user alone; the repository gets a random name if it has none.
 * @throws NixsecretError `io`
 */
export function saveTrust(place: TrustPlace, state: TrustState): void {
  const json = toJson(state)
  // Nothing accepted is safe, and can be mended; a state that nobody reads any more is neither.
  const text = json.length <= MAX_SIZE / 2 ? json : toJson({ ...state, policies: [], sets: new Map() })
  try {
    replaceFile(stateFile(readId(place) ?? makeId(place)), text)
  } catch (cause) {
    if (cause instanceof NixsecretError) throw cause
    throw new NixsecretError('io', 'cannot write down what is accepted', { cause })
  }
}

function stateFile(id: string): string {
  return join(userStateDir(), 'trust', `${id}.json`)
}

function idFile({ stateDir }: TrustPlace): string {
  return join(stateDir, 'trust-id')
}

function readId(place: TrustPlace): string | null {
  try {
    const file = idFile(place)
    const id = statSync(file).size < 100 ? readFileSync(file, 'latin1').trim() : ''
    return ID.test(id) ? id : null
  } catch {
    return null
  }
}

function makeId(place: TrustPlace): string {
  const id = randomBytes(16).toString('hex')
  replaceFile(idFile(place), `${id}\n`)
  return id
}

/** @returns why not, where it is no file of this user's own */
function readOwn(file: string): Buffer | string {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile()) return 'is no file'
    if (process.getuid !== undefined && stat.uid !== process.getuid()) return 'belongs to another user'
    if ((stat.mode & 0o022) !== 0) return 'can be written by others'
    return stat.size > MAX_SIZE ? 'is too large' : readFileSync(fd)
  } finally {
    closeSync(fd)
  }
}

function toJson({ at, policies, attributes, paths, sets }: TrustState): string {
  return JSON.stringify({
    version: 1,
    at,
    policies,
    attributes: [...attributes],
    paths: [...paths],
    sets: [...sets].slice(-MOST_SETS),
  })
}

function parse(bytes: Buffer): TrustState | null {
  const { version, at, policies, attributes, paths, sets } = JSON.parse(bytes.toString('utf8')) ?? {}
  if (version !== 1 || !(at === null || isObjectId(at))) return null
  if (!isTexts(policies)) return null
  if (!isPairs(attributes, isTexts) || !isPairs(paths, isObjectId) || !isPairs(sets, isTexts)) return null
  return {
    at,
    policies,
    attributes: new Map(attributes as [BytePath, string[]][]),
    paths: new Map(paths as [BytePath, string][]),
    sets: new Map(sets),
  }
}

function isObjectId(value: unknown): value is string {
  return typeof value === 'string' && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(value)
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function isPairs<Value>(value: unknown, is: (item: unknown) => item is Value): value is [string, Value][] {
  return (
    Array.isArray(value) &&
    value.every(
      (pair) => Array.isArray(pair) && pair.length === 2 && typeof pair[0] === 'string' && is(pair[1]),
    )
  )
}
