import type { BytePath } from '../../byte-path.ts'
import { type Judged, namedReaders } from './judge-secret.ts'
import type { SecretRow } from './matrix.ts'
import type { ReaderList } from './reader-list.ts'
import type { Side } from './side.ts'

/** What became of one secret. */
export type SecretDelta = Pick<SecretRow, 'change' | 'from' | 'gained' | 'lost'>

/**
 * Compares who reads what by the policies of two places. A secret counts as moved where its blob is another path's that
 * is gone: sealed anew it has other bytes, and is a new one.
 * @param judged secrets now, by path
 * @returns of every secret, now or then, that something became of
 */
export function changesSince(
  before: Side,
  now: Side,
  inScope: (path: BytePath) => boolean,
  judged: ReadonlyMap<BytePath, Judged>,
  list: ReaderList,
): Map<BytePath, SecretDelta> {
  const deltas = new Map<BytePath, SecretDelta>()
  const then = (path: BytePath) => namedReaders(before.policy, path, list).named
  const gone = goneByBlob(before, now)
  const moved = new Set<BytePath>()
  for (const [path, { named }] of judged) {
    if (before.files.has(path)) {
      const delta = differ(then(path), named)
      if (delta.gained.length + delta.lost.length > 0)
        deltas.set(path, { change: 'readers', from: null, ...delta })
      continue
    }
    const from = before.open.has(path) ? null : (gone.get(now.files.get(path)?.oid ?? '') ?? null)
    if (from !== null) {
      moved.add(from)
      deltas.set(path, { change: 'moved', from, ...differ(then(from), named) })
    } else {
      const change = before.open.has(path) ? 'protected' : 'new'
      deltas.set(path, { change, from: null, gained: [...named], lost: [] })
    }
  }
  for (const path of before.files.keys()) {
    if (!inScope(path) || now.files.has(path) || moved.has(path)) continue
    const change = now.open.has(path) ? 'unprotected' : 'gone'
    deltas.set(path, { change, from: null, gained: [], lost: [...then(path)] })
  }
  return deltas
}

/** Blobs of secrets whose path no file has any more. An empty blob says nothing of where it was. */
function goneByBlob(before: Side, now: Side): Map<string, BytePath> {
  const gone = new Map<string, BytePath>()
  for (const { path, oid } of before.files.values()) {
    if (oid !== null && !EMPTY.has(oid) && !now.files.has(path) && !now.open.has(path)) gone.set(oid, path)
  }
  return gone
}

const EMPTY = new Set([
  'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391',
  '473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813',
])

function differ(then: ReadonlySet<number>, now: ReadonlySet<number>) {
  return {
    gained: [...now].filter((reader) => !then.has(reader)),
    lost: [...then].filter((reader) => !now.has(reader)),
  }
}
