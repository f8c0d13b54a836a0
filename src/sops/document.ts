import { NixsecretError } from '../errors.ts'
import type { SopsValue } from './sops-value.ts'
import type { SopsMap } from './tree.ts'

/** A stretch of a text. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** A value or a comment in a text: what SOPS encrypts or leaves, one by one. */
export interface Slot extends Span {
  /** As it stands there: of an encrypted one, a `str` or comment `ENC[…]`. */
  readonly value: SopsValue
  /** Names on the way to it. */
  readonly path: readonly string[]
  /** Of a comment: other places that it may be meant to be at, for a program that attaches comments differently. */
  readonly otherPaths?: readonly (readonly string[])[]
  /** Comments that are in force here, of each map and list around it, outermost first. */
  comments(): readonly (readonly string[])[]
}

/** A document or a plaintext, taken apart without losing where anything stands. */
export interface SopsText<S extends Slot = Slot> {
  readonly text: string
  /** In the order of the text. */
  readonly slots: readonly S[]
  readonly metadata: {
    readonly tree: SopsMap
    /** Its own text, as {@link SopsFormat.insertions} takes it; null where it is not in one piece. */
    readonly source: Span | null
    /** Within the text: what changes with every edit. */
    readonly lastModified: Span
    readonly mac: Span
  } | null
  /** What goes when metadata are taken out, in the order of the text. */
  readonly removed: readonly Span[]
}

/** How values and metadata stand in files of one kind. */
export interface SopsFormat<S extends Slot = Slot> {
  /** @throws NixsecretError `format`, `refused` */
  read(text: string): SopsText<S>
  /** What stands for an encrypted value at a slot's place. */
  sealed(slot: S, sealed: string, whole: SopsText<S>): string
  /** What stands for a value there; null where this kind of file can't hold it. */
  opened(slot: S, value: SopsValue, whole: SopsText<S>): string | null
  /** Metadata as text of their own, to suit a plaintext. */
  metadataText(tree: SopsMap, whole: SopsText<S>): string
  /** What brings metadata into a plaintext, in the order of the text, after all slots where at the same offset. */
  insertions(metadata: string, whole: SopsText<S>): Edit[]
}

/** Bytes of the largest file that is read value by value. */
export const MAX_TEXT = 4 << 20
export const MAX_SLOTS = 100_000

/** @throws NixsecretError with the line of an offset */
export function faultAt(
  code: 'format' | 'refused',
  text: string,
  offset: number,
  what: string,
): NixsecretError {
  let line = 1
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line++
  return new NixsecretError(code, `line ${line}: ${what}`)
}

/** A stretch of a text, and what is to stand there. */
export interface Edit extends Span {
  readonly text: string
}

/** @param edits in the order of the text, none over another */
export function splice(text: string, edits: readonly Edit[]): string {
  const parts: string[] = []
  let at = 0
  for (const edit of edits) {
    parts.push(text.slice(at, edit.start), edit.text)
    at = edit.end
  }
  parts.push(text.slice(at))
  return parts.join('')
}

/** The line end of a text: that of its first line. */
export function lineEnd(text: string): '\n' | '\r\n' {
  return /^[^\n]*\r\n/.test(text) ? '\r\n' : '\n'
}
