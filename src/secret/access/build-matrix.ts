import type { BytePath } from '../../byte-path.ts'
import type { BlobFacts } from './blob-facts.ts'
import { changesSince, type SecretDelta } from './changes-since.ts'
import { type Judged, judgeSecret } from './judge-secret.ts'
import type { AccessMatrix, Cell, SecretRow } from './matrix.ts'
import { ReaderList } from './reader-list.ts'
import type { ReaderSets } from './reader-sets.ts'
import type { Side, SideFile } from './side.ts'

/** What a matrix is made of. */
export interface MatrixParts {
  readonly now: Side
  /** Null: nothing is compared. */
  readonly before: Side | null
  readonly inScope: (path: BytePath) => boolean
  readonly facts: (file: SideFile) => Promise<BlobFacts | null>
  readonly sets: ReaderSets
  /** Canonical public keys of the user's. */
  readonly own: ReadonlySet<string>
}

/** Files whose blobs are read together. */
const BATCH = 64

/** Works out who can read what. Pure, but for what {@link MatrixParts.facts} reads. */
export async function buildMatrix(parts: MatrixParts): Promise<AccessMatrix> {
  const { now, before } = parts
  const list = new ReaderList(now.policy, parts.own)
  const judged = await judgeAll(parts, list)
  const deltas = before === null ? null : changesSince(before, now, parts.inScope, judged, list)
  const rows = [...judged].map(([path, secret]) => row(path, secret, deltas?.get(path), list.size))
  for (const [path, delta] of deltas ?? []) {
    if (judged.has(path)) continue
    const state = delta.change === 'unprotected' ? 'unprotected' : 'gone'
    rows.push(row(path, { state, reason: null, cells: [], named: new Set() }, delta, list.size))
  }
  return {
    at: now.place,
    since: before?.place ?? null,
    readers: list.readers(),
    groups: list.groups(),
    secrets: rows.sort((a, b) => (a.path < b.path ? -1 : 1)),
  }
}

async function judgeAll(
  { now, inScope, facts, sets }: MatrixParts,
  list: ReaderList,
): Promise<Map<BytePath, Judged>> {
  const files = [...now.files.values()].filter(({ path }) => inScope(path))
  const judged = new Map<BytePath, Judged>()
  const read = (at: number) => Promise.all(files.slice(at, at + BATCH).map(facts))
  let next = read(0)
  for (let at = 0; at < files.length; at += BATCH) {
    const found = await next
    // git reads on while these are judged.
    next = read(at + BATCH)
    next.catch(() => {})
    const batch = files.slice(at, at + BATCH)
    for (const [i, file] of batch.entries())
      judged.set(file.path, await judgeSecret(file, found[i] ?? null, now.policy, list, sets))
  }
  return judged
}

function row(path: BytePath, secret: Judged, delta: SecretDelta | undefined, width: number): SecretRow {
  const { state, reason } = secret
  const missing = Array.from({ length: width - secret.cells.length }, (): Cell => 'none')
  const { change = null, from = null, gained = [], lost = [] } = delta ?? {}
  return { path, state, reason, cells: [...secret.cells, ...missing], change, from, gained, lost }
}
