import type { RulingFile } from '../../blob/tree-state.ts'
import type { PastCommit } from '../../blob/walk-history.ts'

interface Node {
  readonly policy: RulingFile | null
  readonly parents: readonly string[]
  /** The nearest commit at or above this one that has another policy than a parent, or no parents. */
  readonly changed: string
}

/** Which commits changed the policy, so that a walk over a long history takes as many steps as there were changes. */
export class Timeline {
  readonly #nodes = new Map<string, Node>()

  /** @param commit whose parents have been added before */
  add({ oid, parents, state }: PastCommit): void {
    const before = parents.map((parent) => this.#nodes.get(parent))
    const first = before[0]
    const same = (node: Node | undefined) => node !== undefined && key(node.policy) === key(state.policy)
    const changed = first !== undefined && before.every(same) ? first.changed : oid
    this.#nodes.set(oid, { policy: state.policy, parents, changed })
  }

  /**
   * The commit on the way to `head` in which somebody lost access for good.
   * @param mayRead whether the policy of a commit lets them
   * @returns `head` itself where it still does: `kept`; null where none that leads to it ever did
   */
  lostAt(head: string, mayRead: (policy: RulingFile | null) => boolean): string | 'kept' | null {
    let commit = head
    for (;;) {
      const node = this.#nodes.get(commit)
      if (node === undefined) return null
      if (mayRead(node.policy)) return 'kept'
      const change = this.#nodes.get(node.changed) as Node
      // A side that has lost it already leads back to the commit; a merge of it with one that has not lost nothing.
      const without = change.parents.find((parent) => !mayRead(this.#nodes.get(parent)?.policy ?? null))
      if (without !== undefined) commit = without
      else return change.parents.length > 0 ? node.changed : null
    }
  }
}

function key(file: RulingFile | null): string {
  return file === null ? '' : `${file.mode} ${file.oid}`
}
