/** Reads SSH's binary encoding (RFC 4251, section 5). Each method gives null at the end or on what cannot be. */
export class WireReader {
  readonly #bytes: Buffer
  #offset = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get atEnd(): boolean {
    return this.#offset === this.#bytes.length
  }

  uint32(): number | null {
    if (this.#offset + 4 > this.#bytes.length) return null
    this.#offset += 4
    return this.#bytes.readUInt32BE(this.#offset - 4)
  }

  /** Bytes with their length before them. */
  string(): Buffer | null {
    const length = this.uint32()
    if (length === null || this.#offset + length > this.#bytes.length) return null
    this.#offset += length
    return this.#bytes.subarray(this.#offset - length, this.#offset)
  }

  text(): string | null {
    return this.string()?.toString('latin1') ?? null
  }

  /** A positive number as big-endian bytes without the zero that keeps it positive; only in its shortest form. */
  positive(): Buffer | null {
    const bytes = this.string()
    if (bytes === null || bytes.length === 0) return null
    const first = bytes[0] as number
    if (first === 0) return (bytes[1] ?? 0) >= 0x80 ? bytes.subarray(1) : null
    return first < 0x80 ? bytes : null
  }

  rest(): Buffer {
    const rest = this.#bytes.subarray(this.#offset)
    this.#offset = this.#bytes.length
    return rest
  }
}

/** Bytes with their length before them (RFC 4251, section 5). */
export function wireString(value: Uint8Array | string): Buffer {
  const bytes = Buffer.from(value as Uint8Array)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}
