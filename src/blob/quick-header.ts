import { INTRO, MAX_HEADER_SIZE } from '../age/header.ts'
import { plainSize } from '../age/payload.ts'
import { STANZA_TYPE } from '../policy/digest.ts'

/** What a look at the header of a binary age file tells, without taking its stanzas apart. */
export interface QuickHeader {
  /** That our stanza carries; null where the file has none, or more than one. */
  readonly digest: string | null
  /** Offsets of the stanzas, ours included, in {@link text}. */
  readonly stanzas: readonly number[]
  /** From the first stanza on, up to the line of the MAC. */
  readonly text: string
  /** The header's length, in bytes. */
  readonly length: number
  /** In bytes. */
  readonly plaintextSize: number
}

const START = Buffer.from(`${INTRO}\n`)
const OURS = `-> ${STANZA_TYPE} `
const DIGEST = /^[A-Za-z0-9+/]{22}\n/

/**
 * Looks at a header of which there are thousands: to parse one of 60 stanzas takes longer than to open the file.
 * @param bytes the file, or its beginning as far as the header goes
 * @param size of the whole file
 * @returns null for what is no binary age file, or none that is whole
 */
export function quickHeader(bytes: Buffer, size: number): QuickHeader | null {
  if (!bytes.subarray(0, START.length).equals(START)) return null
  const mac = bytes.subarray(0, MAX_HEADER_SIZE).indexOf('\n--- ', START.length - 1, 'latin1')
  const end = mac === -1 ? -1 : bytes.indexOf(10, mac + 1)
  const plaintextSize = end === -1 ? null : plainSize(size - end - 1)
  if (plaintextSize === null) return null
  const text = bytes.toString('latin1', START.length, mac + 1)
  const stanzas: number[] = []
  let digest: string | null = null
  let ours = 0
  for (let at = 0; at !== -1; at = text.indexOf('\n-> ', at)) {
    if (at > 0) at++
    stanzas.push(at)
    if (!text.startsWith(OURS, at)) continue
    ours++
    const rest = text.slice(at + OURS.length, at + OURS.length + 23)
    digest = DIGEST.test(rest) ? rest.slice(0, 22) : null
  }
  return { digest: ours === 1 ? digest : null, stanzas, text, length: end + 1, plaintextSize }
}
