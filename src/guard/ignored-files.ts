import { inspectBlob } from '../age/inspect.ts'
import { mayBeginSops } from '../blob/may-be-sops.ts'
import type { BytePath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { blobId } from '../git/object-id.ts'
import type { Entry } from './entry.ts'
import { ifOpen } from './if-open.ts'
import type { Inspection } from './inspection.ts'
import { type Raised, RaisedList } from './raised.ts'
import { plaintextBlob } from './rules/plaintext-blob.ts'
import { privateKey } from './rules/private-key.ts'
import type { Ignored } from './sources/work-tree-entries.ts'
import { readWorkFile } from './work-tree-blobs.ts'

// What git ignores may be whole disks; a key stands at the beginning of a file, and is small.
const LOOK = 1 << 20

/** Finds protected files that lie open, and private keys, among files that git ignores. */
export async function judgeIgnored(
  inspection: Inspection,
  top: string,
  files: readonly Ignored[],
): Promise<readonly Raised[]> {
  const raised = new RaisedList()
  const group = files[0]?.state.group
  if (group === undefined) return []
  const drivers = await group.drivers(files.map(({ path }) => path))
  const { scanContent } = await import('./content/scan-content.ts')
  for (const file of files) {
    const start = startOf(top, file)
    if (start === null) continue
    const entry: Entry = { ...file, oid: blobId(start, inspection.repo.objectFormat) }
    if (drivers.has(file.path)) {
      const shape = inspectBlob(start, start.length)
      // A large file is cut off here, which makes age files and SOPS documents look damaged.
      if (shape.kind !== 'plaintext' || (await mayBeDocument(file.path, start))) continue
      const means = await ifOpen(inspection, file)
      const draft = plaintextBlob.judge({ ...NOT_ASKED, entry, shape, ifOpen: means })
      if (draft !== null) raised.raise(plaintextBlob.id, draft, entry)
      continue
    }
    for (const { rule, what, line, column } of await scanContent(file.path, start))
      if (rule === 'private-key')
        raised.raise(rule, { ...privateKey.judge(what, entry), line, column }, entry)
  }
  return raised.all
}

const NOT_ASKED = {
  protectedBy: 'commit',
  readers: null,
  problem: null,
  verdict: null,
  strangers: [],
} as const

async function mayBeDocument(path: BytePath, start: Buffer): Promise<boolean> {
  if (!mayBeginSops(start)) return false
  const { sopsShape } = await import('../blob/sops-files.ts')
  return start.length === LOOK || sopsShape(path, start)?.kind === 'sops'
}

/** @returns null where it is gone again, or no regular file: programs come and go there */
function startOf(top: string, { path }: Ignored): Buffer | null {
  const pieces: Buffer[] = []
  let size = 0
  try {
    for (const piece of readWorkFile(top, path)) {
      pieces.push(piece)
      size += piece.length
      if (size >= LOOK) break
    }
  } catch (error) {
    if (error instanceof NixsecretError && error.code === 'missing') return null
    throw error
  }
  return Buffer.concat(pieces).subarray(0, LOOK)
}
