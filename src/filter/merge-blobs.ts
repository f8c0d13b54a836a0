import { writeFileSync } from 'node:fs'
import { inspectBlob } from '../age/inspect.ts'
import { judgeReaders } from '../blob/judge-readers.ts'
import { openBlob } from '../blob/open-blob.ts'
import { type Readers, readersFor } from '../blob/readers.ts'
import { sealBlob } from '../blob/seal-blob.ts'
import { type BytePath, displayPath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { blobId } from '../git/object-id.ts'
import { tryGit } from '../git/run-git.ts'
import { withMemoryDir } from '../host/memory-dir.ts'
import { neverEncrypted } from '../policy/readers-of.ts'
import type { FilterContext } from './filter-context.ts'

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
  const readers = await currentReaders(context, sides.path)
  const stale = readers !== null && [sides.ours, sides.theirs].some((side) => isStale(side, readers))
  const warnings = stale
    ? [`${shown}: one side was sealed for other readers than the policy in this work tree names`]
    : []
  const hints = stale ? [`git nixsecret rekey ${shown}`] : []
  const result = await mergePlaintexts(plain, style)
  const content = await keepOrSeal(context, sides, plain, result.content, readers)
  return { content, conflict: result.conflict, warnings, hints }
}

async function plaintexts(context: FilterContext, sides: Sides): Promise<Plaintexts | null> {
  const identities = await context.keys.identities()
  const opened = await Promise.all(
    [sides.base, sides.ours, sides.theirs].map(async (blob) => {
      const result = await openBlob(blob, identities)
      if (result.state === 'open') return result.plaintext
      // A side from before the file was protected is merged too, and comes out sealed.
      return result.state === 'plaintext' || result.state === 'empty' ? blob : null
    }),
  )
  const [base, ours, theirs] = opened
  return base && ours && theirs ? { base, ours, theirs } : null
}

/** @returns null where there is no policy to go by; then only a side's own blob can be the result */
async function currentReaders(context: FilterContext, path: BytePath): Promise<Readers | null> {
  try {
    const policy = await context.policy.current()
    return policy === null ? null : readersFor(policy, path)
  } catch (fault) {
    if (fault instanceof NixsecretError) return null
    throw fault
  }
}

function isStale(blob: Buffer, readers: Readers): boolean {
  const shape = inspectBlob(blob, blob.length)
  return shape.kind === 'age' && judgeReaders(shape.header, readers) === 'stale'
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

/** A side's blob where the result is that side's plaintext and the readers fit; else a new one. */
async function keepOrSeal(
  context: FilterContext,
  sides: Sides,
  plain: Plaintexts,
  result: Buffer,
  readers: Readers | null,
): Promise<Buffer> {
  for (const side of ['ours', 'theirs'] as const) {
    const blob = sides[side]
    const shape = inspectBlob(blob, blob.length)
    const sealed = shape.kind === 'age' || (shape.kind === 'empty' && result.length === 0)
    if (sealed && plain[side].equals(result) && (readers === null || !isStale(blob, readers))) return blob
  }
  if (readers === null) {
    throw new NixsecretError(
      'policy',
      `${displayPath(sides.path)}: no valid nixsecret.toml says for whom to encrypt`,
      {
        hints: ['git merge --abort', 'git nixsecret doctor'],
      },
    )
  }
  const shape = inspectBlob(sides.ours, sides.ours.length)
  const blob = await sealBlob(result, readers, { armored: shape.kind === 'age' && shape.armored })
  context.memo.remember(context.memo.hash(result), readers.digest, blobId(blob, context.repo.objectFormat))
  return blob
}
