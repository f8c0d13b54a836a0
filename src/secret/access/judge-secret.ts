import type { BytePath } from '../../byte-path.ts'
import type { Policy } from '../../policy/policy.ts'
import { formatOf, readersOf } from '../../policy/readers-of.ts'
import type { BlobFacts } from './blob-facts.ts'
import type { Cell, SecretState } from './matrix.ts'
import type { ReaderList } from './reader-list.ts'
import { type ReaderSet, type ReaderSets, readerSet } from './reader-sets.ts'
import { type SealedFor, sealedForByDocument, sealedForByHeader } from './sealed-for.ts'
import type { SideFile } from './side.ts'

/** One secret as the policy and its blob have it. */
export interface Judged {
  readonly state: SecretState
  readonly reason: string | null
  /** One a reader that was known when it was judged; whoever came later has none. */
  readonly cells: readonly Cell[]
  /** Places of the readers that the policy names. */
  readonly named: ReadonlySet<number>
}

/** Places of the readers that a policy names for a path. */
export function namedReaders(
  policy: Policy | null,
  path: BytePath,
  list: ReaderList,
): { readonly set: ReaderSet | null; readonly named: ReadonlySet<number> } {
  const names = policy === null ? null : readersOf(policy, path)
  if (policy === null || names === null || names.length === 0) return { set: null, named: new Set() }
  const set = readerSet(policy, names)
  return { set, named: list.places(set) }
}

/** Holds a secret's blob against the policy. @param facts null where git has no blob of it */
export async function judgeSecret(
  file: SideFile,
  facts: BlobFacts | null,
  policy: Policy | null,
  list: ReaderList,
  sets: ReaderSets,
): Promise<Judged> {
  const { set, named } = namedReaders(policy, file.path, list)
  const all = (cell: Cell) => Array.from({ length: list.size }, (_, i) => (named.has(i) ? cell : 'none'))
  const plain = (state: SecretState, cell: Cell, reason: string | null = null): Judged => {
    const shown = set === null && cell === 'reads' ? 'no-reader' : state
    return { state: shown, reason, cells: all(cell), named }
  }
  if (file.mode !== null && !file.mode.startsWith('100')) return plain('not-a-file', 'unknown')
  if (file.unmerged) return plain('unmerged', 'unknown')
  if (facts === null) return plain(set === null ? 'no-reader' : 'untracked', 'pending')
  if (facts.kind === 'absent') return plain('absent', 'unknown')
  if (facts.kind === 'broken') return plain('damaged', 'unknown', facts.reason)
  if (facts.kind === 'plaintext') return plain('plaintext', 'pending')
  if (facts.kind === 'empty') return plain('empty', 'reads')
  const sealed = await sealedFor(facts, set, list, sets)
  for (const [key, names] of sealed.keys ?? []) list.add(key, names)
  const cells = Array.from({ length: list.size }, (_, i) => cellOf(i, named.has(i), sealed, list))
  const format = policy === null ? 'age' : formatOf(policy, file.path)
  const state = set === null ? 'no-reader' : facts.kind !== format ? 'other-format' : stateOf(sealed, cells)
  return { state, reason: null, cells, named }
}

function sealedFor(
  facts: Extract<BlobFacts, { kind: 'age' | 'sops' }>,
  set: ReaderSet | null,
  list: ReaderList,
  sets: ReaderSets,
): Promise<SealedFor> {
  if (facts.kind === 'age') return sealedForByHeader(facts.header, set, (digest) => sets.find(digest))
  return sealedForByDocument(facts.metadata, list.recipients(), sets)
}

function cellOf(at: number, named: boolean, sealed: SealedFor, list: ReaderList): Cell {
  const recipient = list.recipient(at)
  const key = list.keyOf(at)
  const has = sealed.keys !== null ? sealed.keys.has(key) : recipient === null ? null : sealed.has(recipient)
  if (named) return has === null ? 'unknown' : has ? 'reads' : 'pending'
  return has === true ? 'former' : 'none'
}

function stateOf({ keys, digest }: SealedFor, cells: readonly Cell[]): SecretState {
  if (keys === null && !digest) return 'no-digest'
  return keys !== null && cells.every((cell) => cell === 'reads' || cell === 'none') ? 'sealed' : 'stale'
}
