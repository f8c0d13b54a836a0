/** A document as SOPS sees it: values and comments, in the order in which they stand. */
export type SopsNode =
  /** `text` is null for a null; numbers and booleans are as they are written. */
  | { readonly kind: 'scalar'; readonly text: string | null }
  | { readonly kind: 'list'; readonly items: readonly SopsItem[] }
  | SopsMap

export interface SopsMap {
  readonly kind: 'map'
  readonly items: readonly SopsItem[]
}

/** An entry of a map (with a key), of a list (without), or a comment, without its `#`. */
export type SopsItem = { readonly key: string | null; readonly node: SopsNode } | { readonly comment: string }

/** Deeper documents are not read. */
export const MAX_DEPTH = 64

/** The value of the only entry of that name, or null. */
export function entryOf(map: SopsMap, key: string): SopsNode | null {
  const found = map.items.filter((item) => 'node' in item && item.key === key)
  const [item] = found
  return found.length === 1 && item !== undefined && 'node' in item ? item.node : null
}
