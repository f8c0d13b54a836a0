import { sopsValue } from '../sops-value.ts'
import type { SopsMap, SopsNode } from '../tree.ts'
import { writeScalar } from './write-scalar.ts'

const STEP = 4
/** The only ones that are not text. */
const PLAIN = new Set(['mac_only_encrypted', 'shamir_threshold'])

/** The `sops:` entry, as SOPS lays it out. */
export function writeMetadata(tree: SopsMap, lineEnd: string): string {
  return ['sops:', ...entries(tree, STEP)].join('\n').replaceAll('\n', lineEnd) + lineEnd
}

function entries(node: SopsNode, column: number): string[] {
  if (node.kind === 'scalar') return []
  const pad = ' '.repeat(column)
  return node.items.flatMap((item) => {
    if ('comment' in item) return [`${pad}#${item.comment}`]
    const { key, node: below } = item
    if (key !== null) return named(key, below, column).map((line) => pad + line)
    // The first line of an item stands behind its dash.
    const [first = '{}', ...rest] = entries(below, column + 2)
    if (below.kind === 'scalar') return [`${pad}- ${scalar(null, below.text, column)}`]
    return [`${pad}- ${first.trimStart()}`, ...rest]
  })
}

function named(key: string, node: SopsNode, column: number): string[] {
  const name = scalar(null, key, 0)
  if (node.kind === 'scalar') return [`${name}: ${scalar(key, node.text, column)}`]
  if (node.items.length === 0) return [`${name}: ${node.kind === 'list' ? '[]' : '{}'}`]
  const lines = entries(node, column + STEP).map((line) => line.slice(column))
  return [`${name}:`, ...lines]
}

function scalar(key: string | null, text: string | null, column: number): string {
  if (text === null) return 'null'
  if (key !== null && PLAIN.has(key)) return text
  const place = { flow: false, indent: key === null ? null : column + 2, mayKeep: false, lineEnd: '\n' }
  return writeScalar(sopsValue('str', text), '', place) as string
}
