import { Tree, TreeBuffer } from '@lezer/common'

/** How many numbers a node takes in {@link FlatTree.nodes}. */
export const NODE = 4

/** A syntax tree in one array, each node before what it holds; anonymous nodes left out. */
export interface FlatTree {
  /** For each node its type, its beginning, its end, and the index behind the last node within it. */
  readonly nodes: Int32Array
  /** Index behind the last node. */
  readonly length: number
}

interface Frame {
  readonly tree: Tree
  readonly from: number
  /** Of the node itself; -1 if anonymous. */
  readonly index: number
  child: number
}

/** Lays out Lezer's tree. Uses no recursion, as the tree may be as deep as the text is long. */
export function flatTree(tree: Tree): FlatTree {
  let nodes = new Int32Array(Math.max(256, tree.length))
  let length = 0
  const grow = (by: number): void => {
    if (length + by <= nodes.length) return
    const larger = new Int32Array(Math.max(nodes.length * 2, length + by))
    larger.set(nodes)
    nodes = larger
  }
  const enter = (child: Tree, from: number): Frame => {
    if (child.type.isAnonymous) return { tree: child, from, index: -1, child: 0 }
    grow(NODE)
    const index = length
    nodes[index] = child.type.id
    nodes[index + 1] = from
    nodes[index + 2] = from + child.length
    length += NODE
    return { tree: child, from, index, child: 0 }
  }
  const frames = [enter(tree, 0)]
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    const child = frame.tree.children[frame.child]
    const from = frame.from + (frame.tree.positions[frame.child] ?? 0)
    frame.child++
    if (child === undefined) {
      if (frame.index >= 0) nodes[frame.index + 3] = length
      frames.pop()
    } else if (child instanceof TreeBuffer) {
      grow(child.buffer.length)
      copyBuffer(child.buffer, from, nodes, length)
      length += child.buffer.length
    } else if (child instanceof Tree) frames.push(enter(child, from))
  }
  return { nodes, length }
}

/** Lezer's buffers of small nodes have the same layout, counted from their beginning. */
function copyBuffer(buffer: Uint16Array, from: number, nodes: Int32Array, at: number): void {
  for (let i = 0; i < buffer.length; i += NODE) {
    const to = at + i
    nodes[to] = buffer[i] ?? 0
    nodes[to + 1] = from + (buffer[i + 1] ?? 0)
    nodes[to + 2] = from + (buffer[i + 2] ?? 0)
    nodes[to + 3] = at + (buffer[i + 3] ?? 0)
  }
}
