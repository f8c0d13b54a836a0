import type { SopsItem, SopsMap, SopsNode } from '../tree.ts'

/** Names of metadata in files that have no levels (https://github.com/getsops/sops/blob/main/stores/flatten.go). */
const STEP = /__(?:map_|list_(?=[0-9]))/
const MAX_ITEMS = 1000

/** A tree as names and values, sorted by name; what is empty is left out. */
export function flatten(tree: SopsMap): [name: string, value: string][] {
  const flat: [string, string][] = []
  const walk = (node: SopsNode, name: string): void => {
    if (node.kind === 'scalar') {
      if (node.text !== null) flat.push([name, node.text])
      return
    }
    let index = 0
    for (const item of node.items)
      if ('node' in item)
        walk(item.node, item.key === null ? `${name}__list_${index++}` : `${name}__map_${item.key}`)
  }
  for (const item of tree.items) if ('node' in item && item.key !== null) walk(item.node, item.key)
  return flat.sort(([a], [b]) => (a < b ? -1 : 1))
}

interface Place {
  text: string | null
  readonly map: Map<string, Place>
  readonly list: Map<number, Place>
}

/** @returns null where names contradict each other */
export function unflatten(flat: Iterable<readonly [name: string, value: string]>): SopsMap | null {
  const root = newPlace()
  for (const [name, value] of flat) {
    let place = root
    for (const [i, part] of name.split(STEP).entries()) {
      const index = i > 0 && /^[0-9]{1,4}$/.test(part) ? Number(part) : null
      if (index !== null && index >= MAX_ITEMS) return null
      const next = (index === null ? place.map.get(part) : place.list.get(index)) ?? newPlace()
      if (index === null) place.map.set(part, next)
      else place.list.set(index, next)
      place = next
    }
    if (place.text !== null) return null
    place.text = value
  }
  const node = toNode(root)
  return node?.kind === 'map' ? node : null
}

function newPlace(): Place {
  return { text: null, map: new Map(), list: new Map() }
}

function toNode({ text, map, list }: Place): SopsNode | null {
  if ((text === null ? 0 : 1) + (map.size > 0 ? 1 : 0) + (list.size > 0 ? 1 : 0) !== 1) return null
  if (text !== null) return { kind: 'scalar', text }
  const items: SopsItem[] = []
  const places = list.size > 0 ? [...list].sort(([a], [b]) => a - b) : [...map]
  for (const [key, place] of places) {
    const node = toNode(place)
    if (node === null) return null
    items.push({ key: typeof key === 'number' ? null : key, node })
  }
  return { kind: list.size > 0 ? 'list' : 'map', items }
}
