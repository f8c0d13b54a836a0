import { createHash, createHmac, type Hmac, randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import type { BytePath } from '../byte-path.ts'
import { userStateDir } from '../host/state-dir.ts'

// 16 bytes of keyed hash, 32 of object id (a SHA-1 one is followed by zeros).
const KEY_BYTES = 16
const RECORD_BYTES = 48
const HASH_KEY_BYTES = 32
const EMPTY_KEY = Buffer.alloc(HASH_KEY_BYTES)
// Up to four records a blob: some 40,000 blobs. Beyond it the older half goes.
const MAX_BYTES = 8 << 20

/**
 * What clean and smudge remember, so that unchanged plaintext keeps its blob without any decryption:
 * keyed-hash(plaintext, recipients) → blob, and keyed-hash(plaintext, blob) as "this blob holds this plaintext".
 * The hash key is the user's and lies outside every repository, so the file tells nothing to who copies `.git`.
 * A lost or damaged memo costs time, never a secret. Records are only ever appended.
 */
export class Memo {
  readonly #file: string
  readonly #key: Buffer | null
  #known: Map<string, string> | null = null
  #fresh: Buffer[] = []

  /** @param stateDir of the repository, see `Repository.stateDir` */
  constructor(stateDir: string) {
    this.#file = `${stateDir}/memo`
    this.#key = memoKey()
  }

  /** The key of the hashes, for a thread of this process; null where nothing is remembered. */
  get hashKey(): Buffer | null {
    return this.#key
  }

  /** A running keyed hash of a plaintext; its digest is what the other methods take. */
  hasher(): Hmac {
    return createHmac('sha256', this.#key ?? EMPTY_KEY)
  }

  /** The keyed hash of a whole plaintext. */
  hash(plaintext: Uint8Array): Buffer {
    return this.hasher().update(plaintext).digest()
  }

  /** Whether this blob is known to hold this plaintext. */
  holds(hash: Buffer, oid: string): boolean {
    return this.#get(this.#entry(hash, 'blob', oid)) === oid
  }

  /** A blob with this plaintext, sealed for these recipients, if one is known. It may be gone meanwhile. */
  find(hash: Buffer, digest: string): string | null {
    return this.#get(this.#entry(hash, 'readers', digest)) ?? null
  }

  /** @param digest of the recipients, as the blob's own stanza says; null where it has none */
  remember(hash: Buffer, digest: string | null, oid: string): void {
    if (this.#key === null) return
    if (digest !== null) this.#set(this.#entry(hash, 'readers', digest), oid)
    this.#set(this.#entry(hash, 'blob', oid), oid)
  }

  /** Names a file of one work tree for the next three. @param gitDir of the work tree */
  place(gitDir: string, path: BytePath): Buffer {
    return this.hash(Buffer.from(`${gitDir}\0${path}`, 'latin1'))
  }

  /** Notes that the content of a blob was written to a place. */
  noteWritten(place: Buffer, oid: string): void {
    if (this.#key !== null) this.#set(this.#entry(place, 'written', ''), oid)
  }

  /** Notes that a blob was made of what is at a place. */
  noteMade(place: Buffer, oid: string): void {
    const written = this.#get(this.#entry(place, 'written', ''))
    if (written !== undefined) this.#set(this.#entry(place, 'made', `${written} ${oid}`), oid)
  }

  /**
   * The blob whose content was last written to a place, where it is another one than this, which was not made there since
   * either: what is there now may then come from a blob that git knows nothing of any more, for instance after `git reset`.
   */
  strayFrom(place: Buffer, oid: string | null): string | null {
    const written = this.#get(this.#entry(place, 'written', ''))
    if (written === undefined || written === oid) return null
    const made = oid === null ? undefined : this.#get(this.#entry(place, 'made', `${written} ${oid}`))
    return made === undefined ? written : null
  }

  /** Appends what is new to the file. Failing to (a full disk) loses only the memory. */
  save(): void {
    if (this.#fresh.length === 0) return
    const records = Buffer.concat(this.#fresh.splice(0))
    try {
      fs.mkdirSync(this.#file.slice(0, this.#file.lastIndexOf('/')), { recursive: true, mode: 0o700 })
      if ((fs.statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0) > MAX_BYTES) this.#halve()
      const fd = fs.openSync(this.#file, 'a', 0o600)
      try {
        // A record that a full disk cut short must not shift those behind it.
        const over = fs.fstatSync(fd).size % RECORD_BYTES
        fs.writeSync(fd, over === 0 ? records : Buffer.concat([Buffer.alloc(RECORD_BYTES - over), records]))
      } finally {
        fs.closeSync(fd)
      }
    } catch {}
  }

  #entry(hash: Buffer, kind: 'blob' | 'readers' | 'written' | 'made', value: string): Buffer {
    // The input has one length a kind, and a part of the result is kept: a plain hash behind the key will do.
    const input = Buffer.concat([this.#key ?? EMPTY_KEY, Buffer.from(`${kind}\0${value}\0`, 'latin1'), hash])
    return createHash('sha256').update(input).digest().subarray(0, KEY_BYTES)
  }

  #get(entry: Buffer): string | undefined {
    if (this.#key === null) return undefined
    this.#known ??= this.#load()
    return this.#known.get(entry.toString('latin1'))
  }

  #set(entry: Buffer, oid: string): void {
    this.#known ??= this.#load()
    const key = entry.toString('latin1')
    if (this.#known.get(key) === oid) return
    this.#known.set(key, oid)
    const record = Buffer.alloc(RECORD_BYTES)
    entry.copy(record)
    record.write(oid, KEY_BYTES, 'hex')
    this.#fresh.push(record)
  }

  #load(): Map<string, string> {
    const known = new Map<string, string>()
    let data: Buffer
    try {
      data = fs.readFileSync(this.#file)
    } catch {
      return known
    }
    for (let at = 0; at + RECORD_BYTES <= data.length; at += RECORD_BYTES) {
      const id = data.toString('hex', at + KEY_BYTES, at + RECORD_BYTES)
      const oid = id.endsWith('000000000000000000000000') ? id.slice(0, 40) : id
      known.set(data.toString('latin1', at, at + KEY_BYTES), oid)
    }
    return known
  }

  #halve(): void {
    const data = fs.readFileSync(this.#file)
    const keep = Math.floor(MAX_BYTES / 2 / RECORD_BYTES) * RECORD_BYTES
    const start = Math.floor((data.length - keep) / RECORD_BYTES) * RECORD_BYTES
    const next = `${this.#file}.${process.pid}`
    fs.writeFileSync(next, data.subarray(start), { mode: 0o600 })
    fs.renameSync(next, this.#file)
  }
}

// Null where this user can keep no state: then nothing is remembered, and everything still works.
function memoKey(): Buffer | null {
  try {
    const file = `${userStateDir()}/memo.key`
    return readKey(file) ?? makeKey(file)
  } catch {
    return null
  }
}

// A file of another length is what a full disk or a crash left.
function readKey(file: string): Buffer | null {
  try {
    const key = fs.readFileSync(file)
    return key.length === HASH_KEY_BYTES ? key : null
  } catch {
    return null
  }
}

/** Makes the key under another name first, so that nobody ever reads a half of it. */
function makeKey(file: string): Buffer | null {
  const made = `${file}.${process.pid}-${randomBytes(6).toString('hex')}`
  try {
    fs.writeFileSync(made, randomBytes(HASH_KEY_BYTES), { flag: 'wx', mode: 0o600, flush: true })
    try {
      // Of two processes that make it at once one wins, and both use that one's.
      fs.linkSync(made, file)
    } catch {
      if (readKey(file) === null) fs.renameSync(made, file)
    }
    return readKey(file)
  } finally {
    fs.rmSync(made, { force: true })
  }
}
