import { NixsecretError } from '../errors.ts'

/** The most content that one packet carries, in bytes. https://git-scm.com/docs/protocol-common#_pkt_line_format */
export const MAX_PKT_CONTENT = 65516

/** The packet that ends a list. */
export const FLUSH = Buffer.from('0000')

/** One packet with this content. */
export function pktLine(content: string | Uint8Array): Buffer {
  const body = typeof content === 'string' ? Buffer.from(content, 'utf8') : content
  if (body.length > MAX_PKT_CONTENT) throw new RangeError('packet too long')
  const packet = Buffer.allocUnsafe(4 + body.length)
  packet.write((4 + body.length).toString(16).padStart(4, '0'), 'latin1')
  packet.set(body, 4)
  return packet
}

/** A content of any length as packets, without a flush behind it. */
export function pktContent(content: Uint8Array): Buffer[] {
  const packets: Buffer[] = []
  for (let at = 0; at < content.length; at += MAX_PKT_CONTENT) {
    packets.push(pktLine(content.subarray(at, at + MAX_PKT_CONTENT)))
  }
  return packets
}

const EMPTY = Buffer.alloc(0)

/** Splits a byte stream into packets, whatever pieces it comes in. */
export class PktReader {
  #rest: Buffer = EMPTY

  /** True while part of a packet is held. */
  get partial(): boolean {
    return this.#rest.length > 0
  }

  /**
   * Takes the next piece and gives each packet that is now whole: its content, or null for a flush.
   * Contents are views of the piece: copy what is kept. All must be taken before the next piece comes.
   * @throws NixsecretError `git` where the length is no length
   */
  *take(piece: Buffer): Generator<Buffer | null> {
    const data = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece])
    let at = 0
    while (data.length - at >= 4) {
      const length = packetLength(data, at)
      if (length > data.length - at) break
      const start = at
      at += length === 0 ? 4 : length
      yield length === 0 ? null : data.subarray(start + 4, at)
    }
    // A copy, since the piece may be overwritten.
    this.#rest = at === data.length ? EMPTY : Buffer.from(data.subarray(at))
  }
}

function packetLength(data: Buffer, at: number): number {
  let length = 0
  for (let i = at; i < at + 4; i++) {
    const code = data[i] as number
    const digit = code >= 48 && code <= 57 ? code - 48 : code >= 97 && code <= 102 ? code - 87 : -1
    if (digit < 0) throw new NixsecretError('git', 'malformed packet from git')
    length = length * 16 + digit
  }
  // 0001 to 0003 are special packets of other protocols; the filter protocol has none.
  if (length !== 0 && length < 4) throw new NixsecretError('git', 'malformed packet from git')
  return length
}
