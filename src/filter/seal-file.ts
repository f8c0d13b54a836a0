import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { FILE_KEY_SIZE } from '../age/file-key.ts'
import type { Seal } from './seal-as.ts'

// A record: name, length of the rest, IV, what is encrypted (file key, nonce, header), tag.
const NAME_BYTES = 16
const START_BYTES = NAME_BYTES + 4
const IV_BYTES = 12
const TAG_BYTES = 16
const NONCE_BYTES = 16
const MIN_REST = IV_BYTES + FILE_KEY_SIZE + NONCE_BYTES + TAG_BYTES
// The header of some hundred readers; what is larger is not written down.
const MAX_REST = 1 << 16
// Beyond it the older half goes.
const MAX_BYTES = 1 << 19

/** A seal, with the plaintext and the readers it is for. */
export interface SealEntry {
  /** The memo's keyed hash of the plaintext. */
  readonly hash: Buffer
  /** Of the readers. */
  readonly digest: string
  readonly seal: Seal
}

/**
 * Seals on disk. Each is encrypted with a key made of the memo's key, which is the user's and lies outside every
 * repository, and of the hash of its plaintext: who copies `.git` learns nothing from it, and with the memo's key
 * too it opens nothing but the plaintext that one has already. A lost or damaged file costs a different ciphertext.
 */
export class SealFile {
  readonly #path: string
  readonly #memoKey: Buffer | null
  #loaded: Loaded | null = null

  /** @param memoKey null where this user can keep no state: then nothing is read or written */
  constructor(path: string, memoKey: Buffer | null) {
    this.#path = path
    this.#memoKey = memoKey
  }

  /** How a plaintext was sealed for these readers, if that is written down. */
  find(hash: Buffer, digest: string): Seal | null {
    if (this.#memoKey === null) return null
    this.#loaded ??= load(this.#path)
    if (this.#loaded.rests.size === 0) return null
    const { name, key } = keysFor(this.#memoKey, hash, digest)
    const rest = this.#loaded.rests.get(name.toString('latin1'))
    return rest === undefined ? null : decrypt(key, rest)
  }

  /** Failing to loses only these. */
  append(entries: readonly SealEntry[]): void {
    const memoKey = this.#memoKey
    if (memoKey === null || entries.length === 0) return
    const records = Buffer.concat(
      entries.map(({ hash, digest, seal }) => encrypt(keysFor(memoKey, hash, digest), seal)),
    )
    try {
      fs.mkdirSync(this.#path.slice(0, this.#path.lastIndexOf('/')), { recursive: true, mode: 0o700 })
      const { kept, damaged } = load(this.#path)
      if (damaged || kept.length > MAX_BYTES) this.#replace(Buffer.concat([newerHalf(kept), records]))
      else fs.writeFileSync(this.#path, records, { flag: 'a', mode: 0o600 })
    } catch {}
  }

  #replace(content: Buffer): void {
    const next = `${this.#path}.${process.pid}`
    fs.writeFileSync(next, content, { mode: 0o600 })
    fs.renameSync(next, this.#path)
  }
}

interface Loaded {
  readonly rests: ReadonlyMap<string, Buffer>
  /** The file, as far as it is whole. */
  readonly kept: Buffer
  readonly damaged: boolean
}

function load(path: string): Loaded {
  const rests = new Map<string, Buffer>()
  let data = Buffer.alloc(0)
  try {
    // What another has put there is not read without end.
    if (fs.statSync(path).size <= 4 * MAX_BYTES) data = fs.readFileSync(path)
    else return { rests, kept: data, damaged: true }
  } catch {}
  let at = 0
  for (let end = recordEnd(data, at); end !== null; end = recordEnd(data, at)) {
    rests.set(data.toString('latin1', at, at + NAME_BYTES), data.subarray(at + START_BYTES, end))
    at = end
  }
  return { rests, kept: data.subarray(0, at), damaged: at < data.length }
}

/** Where the record that begins here ends; null where none does. */
function recordEnd(data: Buffer, at: number): number | null {
  if (at + START_BYTES > data.length) return null
  const length = data.readUInt32BE(at + NAME_BYTES)
  const end = at + START_BYTES + length
  return length < MIN_REST || length > MAX_REST || end > data.length ? null : end
}

function newerHalf(kept: Buffer): Buffer {
  let at = 0
  while (kept.length - at > MAX_BYTES / 2) at = recordEnd(kept, at) ?? kept.length
  return kept.subarray(at)
}

function keysFor(memoKey: Buffer, hash: Buffer, digest: string): { name: Buffer; key: Buffer } {
  const secret = Buffer.concat([memoKey, hash])
  const info = Buffer.from(`git-nixsecret seal\0${digest}`, 'latin1')
  const made = Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), info, 32 + NAME_BYTES))
  return { key: made.subarray(0, 32), name: made.subarray(32) }
}

function encrypt({ name, key }: { name: Buffer; key: Buffer }, { bytes, fileKey, nonce }: Seal): Buffer {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  const sealed = [cipher.update(Buffer.concat([fileKey, nonce, bytes])), cipher.final(), cipher.getAuthTag()]
  const rest = Buffer.concat([iv, ...sealed])
  if (rest.length > MAX_REST) return Buffer.alloc(0)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(rest.length)
  return Buffer.concat([name, length, rest])
}

function decrypt(key: Buffer, rest: Buffer): Seal | null {
  const decipher = createDecipheriv('aes-256-gcm', key, rest.subarray(0, IV_BYTES), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAuthTag(rest.subarray(-TAG_BYTES))
  const plain = decipher.update(rest.subarray(IV_BYTES, -TAG_BYTES))
  try {
    decipher.final()
  } catch {
    return null
  }
  return {
    fileKey: plain.subarray(0, FILE_KEY_SIZE),
    nonce: plain.subarray(FILE_KEY_SIZE, FILE_KEY_SIZE + NONCE_BYTES),
    bytes: plain.subarray(FILE_KEY_SIZE + NONCE_BYTES),
  }
}
