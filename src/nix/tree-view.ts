import { type FlatTree, NODE } from './flat-tree.ts'
import { OPERATORS } from './grammar/term-kinds.ts'

/** A laid out tree and its text, by the index of a node. */
export class TreeView {
  readonly #nodes: Int32Array
  readonly #text: string

  constructor(tree: FlatTree, text: string) {
    this.#nodes = tree.nodes
    this.#text = text
  }

  type(i: number): number {
    return this.#nodes[i] as number
  }

  from(i: number): number {
    return this.#nodes[i + 1] as number
  }

  to(i: number): number {
    return this.#nodes[i + 2] as number
  }

  /** The index behind all that is within the node. */
  next(i: number): number {
    return this.#nodes[i + 3] as number
  }

  /** The node's text; without the characters that open and close it. */
  written(i: number, open = 0, close = 0): string {
    return this.#text.slice(this.from(i) + open, this.to(i) - close)
  }

  /** The first child of a type; -1 for none. */
  child(i: number, type: number): number {
    const end = this.next(i)
    for (let c = i + NODE; c < end; c = this.next(c)) if (this.type(c) === type) return c
    return -1
  }

  /** The operator among the children; empty for none. */
  operator(i: number): string {
    const end = this.next(i)
    for (let c = i + NODE; c < end; c = this.next(c)) {
      const op = OPERATORS[this.type(c)]
      if (op !== undefined) return op
    }
    return ''
  }
}
