import type { SopsNode } from '../tree.ts'
import { readFlow } from './yaml-flow.ts'
import { readQuoted } from './yaml-quoted.ts'

/** What can't begin a plain scalar, or would make it something else. */
const SPECIAL = /^(?:[-?:](?: |$)|[[\]{},#&*!|>'"%@`])/

/** Whether a line begins an item of a list. */
export function isListItem(text: string): boolean {
  return text === '-' || text.startsWith('- ')
}

/** The key of `key: rest`; null where there is none that is understood. */
export function splitKey(text: string): { key: string; rest: string } | null {
  const quoted = readQuoted(text)
  if (quoted !== null) {
    const match = /^ *:(?: +|$)/.exec(text.slice(quoted.length))
    return match === null ? null : { key: quoted.text, rest: text.slice(quoted.length + match[0].length) }
  }
  const colon = text.endsWith(':') && !text.includes(': ') ? text.length - 1 : text.indexOf(': ')
  if (colon < 1 || SPECIAL.test(text)) return null
  const key = text.slice(0, colon).trimEnd()
  return key.includes(' #') ? null : { key, rest: text.slice(colon + 1).trimStart() }
}

/** A scalar on one line and the comment behind it; null where it is none, or more than that. */
export function readScalar(text: string): { node: SopsNode; comment: string | null } | null {
  const quoted = readQuoted(text)
  const flow = quoted === null ? readFlow(text) : null
  const length = quoted?.length ?? flow?.length ?? plainLength(text)
  const after = /^ +#(.*)$/.exec(text.slice(length))
  if (text.length > length && after === null) return null
  const comment = after?.[1] ?? null
  if (quoted !== null) return { node: { kind: 'scalar', text: quoted.text }, comment }
  if (flow !== null) return { node: flow.node, comment }
  const plain = text.slice(0, length)
  if (SPECIAL.test(plain) || plain.includes(': ') || plain.endsWith(':')) return null
  const isNull = plain === '~' || /^(?:null|Null|NULL)$/.test(plain)
  return { node: { kind: 'scalar', text: isNull ? null : plain }, comment }
}

function plainLength(text: string): number {
  const comment = text.indexOf(' #')
  return comment === -1 ? text.length : text.slice(0, comment).trimEnd().length
}
