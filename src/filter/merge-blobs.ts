import { writeFileSync } from 'node:fs'
import { inspectBlob } from '../age/inspect.ts'
import { judgeReaders } from '../blob/judge-readers.ts'
import { mayBeSops } from '../blob/may-be-sops.ts'
import { openFile } from '../blob/open-file.ts'
import type { Readers } from '../blob/readers.ts'
import { sealBlob } from '../blob/seal-blob.ts'
import { sopsMemoKey } from '../blob/sops-memo-key.ts'
import { TRUST_HINTS } from '../blob/trust/accepted.ts'
import { type BytePath, displayPath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { blobId } from '../git/object-id.ts'
import { tryGit } from '../git/run-git.ts'
import { withMemoryDir } from '../host/memory-dir.ts'
import { neverEncrypted } from '../policy/readers-of.ts'
import { EarlierBlob } from './earlier-blob.ts'
import type { FilterContext } from './filter-context.ts'
import { type Wanted, wantedFrom } from './wanted-readers.ts'

/** Three blobs as git has them: ciphertext. An empty base is that of a file added on both sides. */
export interface Sides {
  readonly path: BytePath
  readonly base: Buffer
  readonly ours: Buffer
  readonly theirs: Buffer
}

export interface MergeStyle {
  readonly markerSize: number
  /** For ours, base and theirs. */
  readonly labels: readonly [string, string, string]
}

export interface Merged {
  /** Ciphertext that git is to have; null: ours stays as it is. */
  readonly content: Buffer | null
  readonly conflict: boolean
  readonly warnings: readonly string[]
  readonly hints: readonly string[]
}

type Plaintexts = { readonly base: Buffer; readonly ours: Buffer; readonly theirs: Buffer }

/**
 * Merges what three blobs hold, and seals the result for the readers that the policy names now, so that git never
 * gets plaintext, conflict markers or not: git writes a driver's result into an object before anyone looks at it.
 */
export async function mergeBlobs(context: FilterContext, sides: Sides, style: MergeStyle): Promise<Merged> {
  const plain = await plaintexts(context, sides)
  const shown = displayPath(sides.path)
  if (plain === null) {
    return {
      content: null,
      conflict: true,
      warnings: [`${shown} is locked: no key here opens both sides, so it can't be merged here`],
      hints: [`git checkout --ours -- ${shown}`, `git checkout --theirs -- ${shown}`],
    }
  }
  if (neverEncrypted(sides.path)) {
    return { ...(await mergePlaintexts(plain, style)), warnings: [], hints: [] }
  }
  const result = await mergePlaintexts(plain, style)
  const wanted = await wantedFrom(context, sides.path, async () => [
    earlierOf(context, sides.ours),
    earlierOf(context, sides.theirs),
    // Only a conflict may show what neither side has any more.
    ...(result.conflict ? [earlierOf(context, sides.base)] : []),
  ])
  return { ...(await adviceOn(sides, wanted)), ...(await keepOrSeal(context, sides, plain, result, wanted)) }
}

function earlierOf({ repo }: FilterContext, blob: Buffer): EarlierBlob {
  return new EarlierBlob(blobId(blob, repo.objectFormat), blob.length, blob)
}

/** What the user should hear of the sides, whatever becomes of them. */
async function adviceOn(
  { path, ours, theirs }: Sides,
  wanted: Wanted,
): Promise<Pick<Merged, 'warnings' | 'hints'>> {
  const shown = displayPath(path)
  if (wanted.pending) {
    return {
      warnings: [`${shown}: you have not accepted a change of who may read it; it stays closed to newcomers`],
      hints: TRUST_HINTS,
    }
  }
  const states = [await sealOf(path, ours, wanted), await sealOf(path, theirs, wanted)]
  if (!states.includes('stale')) return { warnings: [], hints: [] }
  return {
    warnings: [`${shown}: one side was sealed for other readers than the policy in this work tree names`],
    hints: [`git nixsecret rekey ${shown}`],
  }
}

async function plaintexts(context: FilterContext, sides: Sides): Promise<Plaintexts | null> {
  const identities = await context.keys.identities()
  const opened = await Promise.all(
    [sides.base, sides.ours, sides.theirs].map(async (blob) => {
      const result = await openFile(sides.path, blob, identities)
      if (result.state === 'open') return result.plaintext
      // A side from before the file was protected is merged too, and comes out sealed.
      return result.state === 'plaintext' || result.state === 'empty' ? blob : null
    }),
  )
  const [base, ours, theirs] = opened
  return base && ours && theirs ? { base, ours, theirs } : null
}

/**
 * How a side's blob stands to the policy, if there is one: `stale` where it is sealed for others than the policy names,
 * or not in its format; `open` where it is plaintext.
 */
async function sealOf(
  path: BytePath,
  blob: Buffer,
  { readers, format }: Wanted,
): Promise<'fits' | 'stale' | 'open'> {
  const shape = inspectBlob(blob, blob.length)
  if (shape.kind === 'age') {
    const fits = readers === null || (format === 'age' && judgeReaders(shape.header, readers) !== 'stale')
    return fits ? 'fits' : 'stale'
  }
  if (!mayBeSops(blob)) return 'open'
  const { sopsFits, sopsShape } = await import('../blob/sops-files.ts')
  if (sopsShape(path, blob)?.kind !== 'sops') return 'open'
  return readers === null || (format === 'sops' && sopsFits(path, blob, readers)) ? 'fits' : 'stale'
}

async function mergePlaintexts(
  plain: Plaintexts,
  style: MergeStyle,
): Promise<{ content: Buffer; conflict: boolean }> {
  if (plain.ours.equals(plain.theirs)) return { content: plain.ours, conflict: false }
  if (plain.base.equals(plain.ours)) return { content: plain.theirs, conflict: false }
  if (plain.base.equals(plain.theirs)) return { content: plain.ours, conflict: false }
  return withMemoryDir((dir) => mergeFiles(dir, plain, style))
}

// git's own merge, on files that lie in memory only: it takes no pipes.
async function mergeFiles(
  dir: string,
  plain: Plaintexts,
  style: MergeStyle,
): Promise<{ content: Buffer; conflict: boolean }> {
  const files = (['ours', 'base', 'theirs'] as const).map((side) => {
    writeFileSync(`${dir}/${side}`, plain[side], { mode: 0o600, flag: 'wx' })
    return `${dir}/${side}`
  })
  const labels = style.labels.flatMap((label) => ['-L', label])
  const { code, stdout } = await tryGit([
    'merge-file',
    '-p',
    '-q',
    `--marker-size=${style.markerSize}`,
    ...labels,
    ...files,
  ])
  // 255: git can't merge them, being binary; then ours stays, as git does it.
  if (code > 127) return { content: plain.ours, conflict: true }
  return { content: stdout, conflict: code !== 0 }
}

/** A side's blob where the result is that side's plaintext and the readers fit, or are not all accepted; else a new one. */
async function keepOrSeal(
  context: FilterContext,
  sides: Sides,
  plain: Plaintexts,
  { content: result, conflict }: { readonly content: Buffer; readonly conflict: boolean },
  wanted: Wanted,
): Promise<Pick<Merged, 'content' | 'conflict'>> {
  for (const side of ['ours', 'theirs'] as const) {
    const content = sides[side]
    if (!plain[side].equals(result)) continue
    const state = content.length === 0 ? 'fits' : await sealOf(sides.path, content, wanted)
    const fits = state === 'fits' || (state === 'stale' && wanted.pending)
    if (fits) return { content, conflict }
  }
  if (wanted.readers === null) throw unsealable(sides.path, wanted.fault)
  const { memo, repo } = context
  const hash = memo.hash(result)
  // What is in conflict may be no YAML any more, and git has to have something: an age file, until it is settled.
  const plainly = conflict || result.length === 0 || wanted.format !== 'sops'
  const document = plainly ? null : await sealDocument(context, sides, result, wanted.readers)
  if (document !== null) {
    memo.remember(hash, sopsMemoKey(sides.path, wanted.readers.digest), blobId(document, repo.objectFormat))
    return { content: document, conflict }
  }
  const shape = inspectBlob(sides.ours, sides.ours.length)
  const blob = await sealBlob(result, wanted.readers, { armored: shape.kind === 'age' && shape.armored })
  memo.remember(hash, wanted.readers.digest, blobId(blob, repo.objectFormat))
  return { content: blob, conflict: conflict || !plainly }
}

function unsealable(path: BytePath, { code, message, hints }: NixsecretError): NixsecretError {
  if (code === 'refused') return new NixsecretError(code, message, { hints: ['git merge --abort', ...hints] })
  const why = `${displayPath(path)}: no valid nixsecret.toml says for whom to encrypt`
  return new NixsecretError('policy', why, { hints: ['git merge --abort', 'git nixsecret doctor'] })
}

/** Null where what came of the merge is no document. */
async function sealDocument(
  context: FilterContext,
  { path, ours, theirs, base }: Sides,
  result: Buffer,
  readers: Readers,
): Promise<Buffer | null> {
  const { sealSops } = await import('../blob/sops-files.ts')
  const identities = await context.keys.identities()
  try {
    return await sealSops(path, result, readers, { documents: [ours, theirs, base], identities })
  } catch (fault) {
    if (fault instanceof NixsecretError) return null
    throw fault
  }
}
