import { faultAt, lineEnd, type Slot, type SopsFormat, type SopsText, type Span } from '../document.ts'
import { parseFloat64, parseInt64 } from '../go-scalar.ts'
import { canonicalData, type SopsValue, sopsValue } from '../sops-value.ts'
import type { SopsItem, SopsMap, SopsNode } from '../tree.ts'
import { type JsonMember, type JsonNode, scanJson } from './scan-json.ts'

interface JsonText extends SopsText {
  /** Between the beginning of the object and its first name; null in an empty one. */
  readonly gap: string | null
  /** Where a name behind all others goes. */
  readonly tail: number
}

/** JSON. Everything but values stays where it is; metadata come last, laid out as the rest is. */
export const jsonFormat: SopsFormat = {
  read: readJson,
  sealed: (_slot, sealed) => JSON.stringify(sealed),
  opened: (_slot, value) => write(value),
  metadataText: (tree, whole) => {
    const { gap, text } = whole as JsonText
    return layOut(
      tree,
      gap === null ? '\t' : gap.replace(/^[^\n]*\n?/, ''),
      gap?.includes('\n') ?? true,
      lineEnd(text),
    )
  },
  insertions(metadata, whole) {
    const { gap, tail, text } = whole as JsonText
    const before = gap === null ? `${lineEnd(text)}\t` : `,${gap}`
    return [
      { start: tail, end: tail, text: `${before}"sops": ${metadata}${gap === null ? lineEnd(text) : ''}` },
    ]
  },
}

function readJson(text: string): JsonText {
  const root = scanJson(text)
  if (root.kind !== 'map') throw faultAt('refused', text, 0, 'SOPS needs an object here')
  const own = root.items.findIndex(({ key }) => key === 'sops')
  const { slots, walk } = collect()
  for (const { key, value } of root.items) if (key !== 'sops') walk(value, [key])
  const first = root.items[0]
  const last = root.items.at(-1)
  return {
    text,
    slots,
    metadata: own === -1 ? null : readMetadata(text, root.items[own] as JsonMember),
    removed: own === -1 ? [] : [memberSpan(root, own)],
    gap: first === undefined ? null : text.slice(root.start + 1, first.at.start),
    tail: last?.value.end ?? root.start + 1,
  }
}

function collect(): { slots: Slot[]; walk(node: JsonNode, path: readonly string[]): void } {
  const slots: Slot[] = []
  const walk = (node: JsonNode, path: readonly string[]): void => {
    if (node.kind === 'map') for (const { key, value } of node.items) walk(value, [...path, key])
    else if (node.kind === 'list') for (const item of node.items) walk(item, path)
    else {
      const value = read(node.kind, node.text)
      if (value !== null) slots.push({ start: node.start, end: node.end, value, path, comments: () => [] })
    }
  }
  return { slots, walk }
}

/** Null for what is not encrypted. */
function read(kind: 'string' | 'number' | 'bool' | 'null', text: string): SopsValue | null {
  if (kind === 'null' || text === '') return null
  if (kind === 'bool') return sopsValue('bool', text === 'true' ? 'True' : 'False')
  return kind === 'string'
    ? sopsValue('str', text)
    : sopsValue(parseInt64(text) === null ? 'float' : 'int', text)
}

function write(value: SopsValue): string | null {
  const canonical = canonicalData(value)
  if (canonical === null) return null
  const text = value.data.toString('utf8')
  if (value.type === 'bool') return canonical.toString('latin1').toLowerCase()
  if (value.type === 'int' || value.type === 'float') {
    if (/^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/.test(text)) return text
    return Number.isFinite(parseFloat64(text) ?? Number.NaN) ? canonical.toString('latin1') : null
  }
  return Buffer.from(text, 'utf8').equals(value.data) ? JSON.stringify(text) : null
}

/** What goes with a member, so that what is left is JSON: as little as possible, and what {@link jsonFormat} put there. */
function memberSpan(root: JsonNode & { kind: 'map' }, index: number): Span {
  const { items } = root
  const member = items[index] as JsonMember
  const before = items[index - 1]
  const after = items[index + 1]
  if (before !== undefined) return { start: before.value.end, end: member.value.end }
  if (after !== undefined) return { start: member.at.start, end: after.at.start }
  return { start: root.start + 1, end: root.end - 1 }
}

function readMetadata(text: string, { value, at }: JsonMember): NonNullable<SopsText['metadata']> {
  const leaf = (name: string) =>
    value.kind === 'map'
      ? value.items.find(({ key, value: { kind } }) => key === name && kind === 'string')
      : undefined
  const lastModified = leaf('lastmodified')?.value
  const mac = leaf('mac')?.value
  if (value.kind !== 'map' || lastModified === undefined || mac === undefined)
    throw faultAt('refused', text, at.start, 'a value by the name of sops, which SOPS needs for itself')
  return { tree: toNode(value) as SopsMap, source: value, lastModified, mac }
}

function toNode(node: JsonNode): SopsNode {
  if (node.kind === 'map')
    return {
      kind: 'map',
      items: node.items.map(({ key, value }): SopsItem => ({ key, node: toNode(value) })),
    }
  if (node.kind === 'list')
    return { kind: 'list', items: node.items.map((item): SopsItem => ({ key: null, node: toNode(item) })) }
  return { kind: 'scalar', text: node.kind === 'null' ? null : node.text }
}

/** @param indent of one level; with `lines` false all in one line */
function layOut(tree: SopsMap, indent: string, lines: boolean, end: string): string {
  const write = (node: SopsNode, key: string | null): unknown => {
    if (node.kind === 'scalar') {
      const isBare = key === 'mac_only_encrypted' || key === 'shamir_threshold'
      return isBare && node.text !== null && /^(?:true|false|[0-9]{1,9})$/.test(node.text)
        ? JSON.parse(node.text)
        : node.text
    }
    const items = node.items.filter((item) => 'node' in item)
    if (node.kind === 'list') return items.map((item) => write(item.node, null))
    return Object.fromEntries(items.map((item) => [item.key as string, write(item.node, item.key)]))
  }
  const text = JSON.stringify(write(tree, null), null, lines ? indent : undefined)
  return text.replaceAll('\n', `\n${indent}`).replaceAll('\n', end)
}
