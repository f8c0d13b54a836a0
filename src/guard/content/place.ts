import { isUtf8 } from 'node:buffer'

/** A place in a text as editors count. */
export interface Place {
  /** From 1. */
  readonly line: number
  /** From 1, in code points; in bytes where the line is no UTF-8. */
  readonly column: number
}

const LF = 0x0a
/** Bytes of a line that are looked at to count its characters; longer ones, which nobody reads, count in bytes. */
const MAX_LINE = 1 << 20

/**
 * The place of a byte. A carriage return before a line feed belongs to the line that it ends.
 * @param offset in bytes; what lies behind the end counts as the end
 */
export function placeOf(content: Buffer, offset: number): Place {
  const at = Math.max(0, Math.min(offset, content.length))
  let line = 1
  let start = 0
  for (let next = content.indexOf(LF); next !== -1 && next < at; next = content.indexOf(LF, start)) {
    line++
    start = next + 1
  }
  return { line, column: at - start > MAX_LINE ? at - start + 1 : columnOf(content, start, at) }
}

function columnOf(content: Buffer, start: number, at: number): number {
  const end = content.indexOf(LF, at)
  const rest = content.subarray(at, Math.min(end === -1 ? content.length : end, at + MAX_LINE))
  const before = content.subarray(start, at)
  // A place inside a character counts as that character's.
  const head = characterStart(content, start, at)
  if (!isUtf8(content.subarray(start, at + rest.length))) return before.length + 1
  let column = 1
  for (let i = start; i < head; i++) if (((content[i] as number) & 0xc0) !== 0x80) column++
  return column
}

function characterStart(content: Buffer, start: number, at: number): number {
  let head = at
  while (head > start && head < content.length && ((content[head] as number) & 0xc0) === 0x80) head--
  return head
}
