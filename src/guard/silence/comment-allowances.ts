import { nixComments } from '../../nix/comments.ts'

/** Which rules comments allow: line (from 1) → ids as written. */
export type CommentAllowances = ReadonlyMap<number, ReadonlySet<string>>

const MARKER = /nixsecret:[ \t]+allow[ \t]+([a-z][a-z0-9-]*(?:[ \t]*,[ \t]*[a-z][a-z0-9-]*)*)[ \t]*:/g
/** More than indentation and a sign of a comment need, or the beginning of a reason. */
const NEAR = 200
/** Signs that begin a comment wherever they stand, right before the marker. */
const LEADER = /(?:\{#|#|\/\/|--|;|%|(?:\{\{)?\/\*|<!--|\{-|\(\*)[#/;%*!-]*[ \t]*$/
/** Signs that do so only at the beginning of a line; `*` goes on with one that was begun above. */
const LINE_LEADER = /^[ \t]*(?:["'!]|\*+|REM|rem|dnl)[ \t]*$/
const CLOSER = /\*\/(?:\}\})?|-->|-\}|\*\)|#\}/

/**
 * Reads `# nixsecret: allow RULE, RULE: reason`. A comment counts for its own line; one that has its line for itself
 * counts also for the next line that is no such comment. Takes time in proportion to the text.
 * @param text the file; one character a byte
 * @param isNix then what stands in a string is no comment; in other languages the beginning of the line tells
 */
export function commentAllowances(text: string, isNix: boolean): CommentAllowances {
  const allowances = new Map<number, Set<string>>()
  if (!text.includes('nixsecret:')) return allowances
  const alone = new Set<number>()
  const isComment = isNix ? insideNixComments(text) : () => true
  let line = 1
  let start = 0
  let end = lineEnd(text, 0)
  for (const { 0: marker, 1: rules = '', index } of text.matchAll(MARKER)) {
    while (end < index) {
      start = end + 1
      end = lineEnd(text, start)
      line++
    }
    const before = text.slice(Math.max(start, index - NEAR), index)
    const whole = index - start <= NEAR
    const leader = LEADER.exec(before) ?? (whole ? LINE_LEADER.exec(before) : null)
    if (leader === null || !isComment(index)) continue
    const { reason, after } = readReason(text, index + marker.length)
    if (!/[A-Za-z0-9\x80-\xff]/.test(reason)) continue
    add(allowances, line, rules.split(/[ \t]*,[ \t]*/))
    if (whole && !/\S/.test(before.slice(0, leader.index) + after)) alone.add(line)
  }
  carryDown(allowances, alone)
  return allowances
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end === -1 ? text.length : end
}

/** @returns the reason, and what stands behind the end of the comment on the same line */
function readReason(text: string, from: number): { reason: string; after: string } {
  const rest = text.slice(from, from + NEAR)
  const end = rest.indexOf('\n')
  const line = end === -1 ? rest : rest.slice(0, end)
  const closer = CLOSER.exec(line)
  if (closer === null) return { reason: line, after: '' }
  return { reason: line.slice(0, closer.index), after: line.slice(closer.index + closer[0].length) }
}

function carryDown(allowances: Map<number, Set<string>>, alone: ReadonlySet<number>): void {
  // Lines come in order, so what a run of comments has gathered goes on to the line below it.
  for (const line of alone) add(allowances, line + 1, allowances.get(line) ?? [])
}

function add(allowances: Map<number, Set<string>>, line: number, rules: Iterable<string>): void {
  const there = allowances.get(line)
  if (there === undefined) allowances.set(line, new Set(rules))
  else for (const rule of rules) there.add(rule)
}

/** Asked for offsets that only grow. */
function insideNixComments(text: string): (offset: number) => boolean {
  const comments = nixComments(text)
  let i = 0
  return (offset) => {
    while (i < comments.length && (comments[i]?.to ?? 0) <= offset) i++
    return (comments[i]?.from ?? Number.POSITIVE_INFINITY) <= offset
  }
}
