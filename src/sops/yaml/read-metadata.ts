import { isMap, isScalar, isSeq, type Pair } from 'yaml'
import { faultAt, type SopsText, type Span } from '../document.ts'
import { MAX_DEPTH, type SopsItem, type SopsNode } from '../tree.ts'
import { resolvePlain } from './scalar.ts'

export type YamlMetadata = NonNullable<SopsText['metadata']> & { readonly removed: Span }

/**
 * The `sops:` entry of a document.
 * @param document its stretch of the text
 * @throws NixsecretError `refused` where it is something else of that name
 */
export function readMetadata(text: string, pairs: readonly Pair[], document: Span): YamlMetadata {
  const [pair] = pairs
  const at = (pair?.key as { range?: number[] } | undefined)?.range?.[0] ?? document.start
  const tree = pairs.length === 1 && isMap(pair?.value) ? toNode(pair.value, 0) : null
  const lastModified = leaf(pair?.value, 'lastmodified')
  const mac = leaf(pair?.value, 'mac')
  if (tree?.kind !== 'map' || lastModified === null || mac === null)
    throw faultAt('refused', text, at, 'a value by the name of sops, which SOPS needs for itself')
  let end = lastEnd(pair?.value)
  if (text[end - 1] !== '\n') {
    const line = text.indexOf('\n', end)
    end = line === -1 || line >= document.end ? document.end : line + 1
  }
  const source = { start: at, end }
  let start = at
  // A text that does not end its last line did not do so before, either.
  if (end === text.length && text[end - 1] !== '\n' && at > 0) {
    start = at - 1
    if (text[start - 1] === '\r') start--
  }
  return { tree, source, lastModified, mac, removed: { start, end } }
}

function leaf(map: unknown, name: string): Span | null {
  if (!isMap(map)) return null
  const pairs = map.items.filter(({ key }) => isScalar(key) && key.value === name)
  const value = pairs[0]?.value
  if (pairs.length !== 1 || !isScalar(value) || !value.range || value.type?.startsWith('BLOCK')) return null
  return { start: value.range[0], end: value.range[1] }
}

/** Where the last value in it ends. */
function lastEnd(node: unknown): number {
  if (isMap(node) && node.items.length > 0) {
    const { key, value } = node.items.at(-1) as Pair
    return value === null ? lastEnd(key) : lastEnd(value)
  }
  if (isSeq(node) && node.items.length > 0) return lastEnd(node.items.at(-1))
  return (node as { range?: number[] } | null)?.range?.[1] ?? 0
}

function toNode(node: unknown, depth: number): SopsNode | null {
  if (depth > MAX_DEPTH) return null
  if (isScalar(node)) {
    if (node.tag || node.anchor) return null
    const isNull = node.type === 'PLAIN' && resolvePlain(node.source ?? '') === 'null'
    return { kind: 'scalar', text: isNull ? null : (node.value as string) }
  }
  if (node === null) return { kind: 'scalar', text: null }
  const items: SopsItem[] = []
  const isList = isSeq(node)
  if (!isList && !isMap(node)) return null
  for (const item of node.items) {
    const key = isList ? null : (item as Pair).key
    if (!isList && !isScalar(key)) return null
    const below = toNode(isList ? item : (item as Pair).value, depth + 1)
    if (below === null) return null
    items.push({ key: isList ? null : (key as { value: string }).value, node: below })
  }
  return { kind: isList ? 'list' : 'map', items }
}
