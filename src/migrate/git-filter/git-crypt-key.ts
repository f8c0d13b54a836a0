import { NixsecretError } from '../../errors.ts'

/** One key of a git-crypt key file. */
export interface GitCryptKey {
  /** 32 bytes. */
  readonly aesKey: Buffer
  /** 64 bytes. */
  readonly hmacKey: Buffer
}

/** A key file that `git-crypt export-key` or `git-crypt init` wrote. */
export interface GitCryptKeyFile {
  /** Empty for the default key; else the filter is called `git-crypt-NAME`. */
  readonly name: string
  readonly keys: readonly GitCryptKey[]
}

const MAGIC = Buffer.from('\0GITCRYPTKEY', 'latin1')
const FORMAT = 2
const NAME_LIMIT = 128
/** What git-crypt reads of a field that it does not know. */
const FIELD_LIMIT = 1 << 20
/** Versions of one key; git-crypt itself makes one. */
const KEYS_LIMIT = 64

/** The largest key file that makes sense, in bytes. */
export const GIT_CRYPT_KEY_LIMIT = 4 << 20

/**
 * Reads a key file of git-crypt, format 2: magic, big-endian fields (number, length, bytes) of a header, then those of
 * each key, each list ended by field 0. Odd numbers must be known, even ones may be passed over.
 * @throws NixsecretError `format`, without a byte of it
 * @see https://github.com/AGWA/git-crypt/blob/master/key.cpp
 */
export function parseGitCryptKey(bytes: Buffer): GitCryptKeyFile {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new NixsecretError('format', 'this is no key file of git-crypt', {
      hints: ['git-crypt export-key FILE    # in an unlocked clone'],
    })
  }
  const reader = new FieldReader(bytes, MAGIC.length)
  if (reader.number() !== FORMAT) throw damaged('of a format that we do not know')
  let name = ''
  for (const { id, value } of reader.fields(NAME_LIMIT)) {
    if (id === 1) name = value.toString('latin1')
    else if (id & 1) throw damaged('with a field that we do not know')
  }
  if (!/^[A-Za-z0-9_-]*$/.test(name)) throw damaged('with a name that is none')
  const keys: GitCryptKey[] = []
  while (!reader.ended) {
    if (keys.length >= KEYS_LIMIT) throw damaged('with too many keys')
    keys.push(readKey(reader))
  }
  if (keys.length === 0) throw damaged('without a key')
  return { name, keys }
}

function readKey(reader: FieldReader): GitCryptKey {
  let aesKey: Buffer | null = null
  let hmacKey: Buffer | null = null
  for (const { id, value } of reader.fields(FIELD_LIMIT)) {
    if (id === 3 && value.length === 32) aesKey = value
    else if (id === 5 && value.length === 64) hmacKey = value
    else if (id === 1 && value.length === 4) continue
    else if (id & 1) throw damaged('with a field that we do not know')
  }
  if (aesKey === null || hmacKey === null) throw damaged('without a whole key')
  return { aesKey, hmacKey }
}

class FieldReader {
  readonly #bytes: Buffer
  #at: number

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.#at = at
  }

  get ended(): boolean {
    return this.#at >= this.#bytes.length
  }

  number(): number {
    if (this.#at + 4 > this.#bytes.length) throw damaged('cut short')
    this.#at += 4
    return this.#bytes.readUInt32BE(this.#at - 4)
  }

  /** Up to field 0, which ends them. */
  *fields(limit: number): Generator<{ id: number; value: Buffer }> {
    for (let id = this.number(); id !== 0; id = this.number()) {
      const length = this.number()
      if (length > limit || this.#at + length > this.#bytes.length) throw damaged('cut short')
      this.#at += length
      yield { id, value: this.#bytes.subarray(this.#at - length, this.#at) }
    }
  }
}

function damaged(how: string): NixsecretError {
  return new NixsecretError('format', `this is a key file of git-crypt ${how}`)
}
