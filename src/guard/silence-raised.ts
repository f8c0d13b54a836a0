import { textPath } from '../byte-path.ts'
import { isFile } from './entry.ts'
import type { Inspection } from './inspection.ts'
import type { Raised } from './raised.ts'
import { serverAllow } from './server-allowances.ts'
import { type Silence, type SilenceSources, silence } from './silence/silence.ts'

/** Where a check stands: by hand or before a commit; between here and a remote; on the remote's side. */
export type Gate = SilenceSources['gate']

/** The most that is read of a policy, a baseline, or a file with comments, in bytes. */
const LARGEST = 8 << 20

/**
 * Parts what somebody allowed from what nobody did. What lies just outside of a range is on the remote: that alone is
 * trusted at the gate.
 */
export async function silenceRaised(
  inspection: Inspection,
  raised: readonly Raised[],
  { gate, tips }: { readonly gate: Gate; readonly tips: readonly string[] },
): Promise<Silence<Raised>> {
  return silence(raised, {
    gate,
    tips,
    trusted: [...inspection.outside],
    accepted: inspection.isOwn ? ((await inspection.accepted())?.policies ?? null) : null,
    serverAllow: gate === 'receive' ? await serverAllow(inspection) : [],
    read: (revision, file) => read(inspection, revision, file),
    contentOf: (oid) => content(inspection, oid),
  })
}

/** Null of what lies where git ignores it: that is read once, by who looks for keys in it. */
async function content({ objects }: Inspection, oid: string): Promise<Buffer | null> {
  return (await objects.info(oid)) === null ? null : whole(await objects.getUpTo(oid, LARGEST))
}

async function read(inspection: Inspection, revision: string, file: string): Promise<Buffer | null> {
  // Asked first, as most have none: to list a tree takes long.
  const asks = revision !== '' && (await inspection.objects.promisors()).length === 0
  if (asks && (await inspection.catFile.info(`${revision}:${file}`)) === null) return null
  // Of a commit as of the index only a regular file counts: a symlink's target is somebody's text as well.
  const tree = await inspection.treeByPath(revision === '' ? null : revision)
  const line = tree.get(textPath(file))
  if (line === undefined || !isFile(line)) return null
  await inspection.objects.need([line.oid])
  return whole(await inspection.objects.getUpTo(line.oid, LARGEST))
}

function whole(blob: { readonly type: string; readonly size: number; readonly content: Buffer } | null) {
  return blob?.type === 'blob' && blob.content.length === blob.size ? blob.content : null
}
