import { beginsAsAge } from '../../age/inspect.ts'
import { type BytePath, displayPath } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { AttributeViews } from '../../git/attribute-view.ts'
import type { CatFile } from '../../git/cat-file.ts'
import { changedFiles } from '../../git/changed-files.ts'
import { driverOf, filterAttributes } from '../../git/check-attr.ts'
import { type FlaggedEntry, listFlaggedIndex } from '../../git/flagged-index.ts'
import type { GitOptions } from '../../git/run-git.ts'
import { neverEncrypted } from '../../policy/readers-of.ts'
import { attributesFiles, withoutOurLines } from './attributes-files.ts'
import type { FilterFamily } from './filter-family.ts'

/** A file of the index that goes through the filter of another tool, or did until lines of ours came to win. */
export interface FilteredFile extends FlaggedEntry {
  /** The value of its `filter` attribute, as the other tool's lines say it. */
  readonly filter: string
  /** Whether lines of ours, as init writes them, give it our filter already, while git has the other tool's blob. */
  readonly captured: boolean
}

/** Everything that goes through one tool's filter. */
export interface FilterSource {
  /** Regular files. */
  readonly files: readonly FilteredFile[]
  /** Symbolic links and submodules, which git hands to no filter. */
  readonly unfiltered: readonly BytePath[]
  /** Files that git has as plaintext and that no line of the other tool filters, but one of ours, as init writes them. */
  readonly loose: ReadonlySet<BytePath>
  /** The whole index. */
  readonly index: readonly FlaggedEntry[]
}

/** Enough to see what a blob is. */
const HEAD_SIZE = 256

/**
 * Looks up what git hands to a tool's filter.
 * @param git `cwd` must be the top of a work tree
 */
export async function filterSource(
  family: FilterFamily,
  git: GitOptions & { readonly cwd: string },
  catFile: CatFile,
): Promise<FilterSource> {
  const index = await listFlaggedIndex(git)
  const paths = [...new Set(index.map(({ path }) => path))].filter((path) => !neverEncrypted(path))
  const now = await filterAttributes(paths, { ...git, cached: false })
  const former = await formerFilters(paths, index, git)
  const found: FilteredFile[] = []
  const loose = new Set<BytePath>()
  for (const entry of index) {
    const [filter, old] = [now.get(entry.path) ?? '', former.get(entry.path) ?? '']
    if (family.owns(filter)) found.push({ ...entry, filter, captured: false })
    else if (family.owns(old) && (await isTheirs(entry, family, catFile)))
      found.push({ ...entry, filter: old, captured: true })
    else if (driverOf(filter) !== null && old === '' && (await isTheirs(entry, family, catFile)))
      loose.add(entry.path)
  }
  const files = found.filter(({ mode }) => mode.startsWith('100'))
  const unfiltered = found.filter((entry) => !files.includes(entry)).map(({ path }) => path)
  return { files, unfiltered, loose, index }
}

/** What the filters were without lines of ours. */
async function formerFilters(
  paths: readonly BytePath[],
  index: readonly FlaggedEntry[],
  git: GitOptions & { readonly cwd: string },
) {
  const files = attributesFiles(
    git.cwd,
    index.map(({ path }) => path),
  )
  const views = new AttributeViews(git.env)
  try {
    return await (await views.add(withoutOurLines(files))).filters(paths)
  } finally {
    views.close()
  }
}

/** Whether git has the blob of the other tool still, or plaintext, and not one of ours. */
async function isTheirs(
  { oid, mode }: FlaggedEntry,
  family: FilterFamily,
  catFile: CatFile,
): Promise<boolean> {
  if (!mode.startsWith('100')) return true
  const blob = await catFile.getUpTo(oid, HEAD_SIZE)
  if (blob === null || blob.size === 0) return false
  return family.isSealed(blob.content) || !beginsAsAge(blob.content)
}

/**
 * @throws NixsecretError `refused` where the work tree has something that git does not have yet: what comes in is what
 *   is in the index
 */
export async function refuseUnfinished(
  { files }: FilterSource,
  git: GitOptions & { readonly cwd: string },
): Promise<void> {
  const unmerged = [...new Set(files.filter(({ stage }) => stage !== 0).map(({ path }) => path))]
  if (unmerged.length > 0) {
    throw new NixsecretError('refused', `a merge left these in conflict: ${listed(unmerged)}`, {
      hints: ['git status', 'git merge --abort'],
    })
  }
  // Our filter would say that captured files are changed, all of them.
  const changed = [
    ...(await changedFiles(
      files.filter(({ captured }) => !captured),
      git,
    )),
  ]
  if (changed.length > 0) throw refuseChanged(changed)
}

/** For files whose content in the work tree is not what is in git. */
export function refuseChanged(paths: readonly BytePath[]): NixsecretError {
  const message = `the work tree has changes that git does not have yet: ${listed(paths)}`
  return new NixsecretError('refused', message, { hints: ['git commit -a', 'git stash'] })
}

/** Some paths for a message. */
export function listed(paths: readonly BytePath[]): string {
  const shown = paths.slice(0, 10).map(displayPath).join(', ')
  return paths.length > 10 ? `${shown} and ${paths.length - 10} more` : shown
}
