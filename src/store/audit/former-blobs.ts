import { driversOf, inScope, type Scopes } from '../../blob/protected-files.ts'
import type { BytePath } from '../../byte-path.ts'
import { type AttributesFile, AttributeViews } from '../../git/attribute-view.ts'
import { driverOf } from '../../git/check-attr.ts'
import { DiffTree } from '../../git/diff-tree.ts'
import { listCommits } from '../../git/rev-list.ts'
import { runGit } from '../../git/run-git.ts'
import { trueView } from '../../git/true-view.ts'
import { neverEncrypted } from '../../policy/readers-of.ts'
import type { AuditContext } from './audit-context.ts'

/** A blob that a path had in some commit. */
export interface FormerBlob {
  readonly path: BytePath
  readonly oid: string
  /** The first that brought it. */
  readonly commit: string
}

/** Commits that git is asked about at a time. */
const BATCH = 1000
/** Different `.gitattributes` of the past that are asked; of more, the latest. */
const MOST_ATTRIBUTES = 100

/**
 * Every blob that any commit of any ref has at a path that is protected now, or that a `.gitattributes` file of any of
 * these commits protects by itself.
 */
export async function formerBlobs(context: AuditContext, scopes: Scopes): Promise<FormerBlob[]> {
  const all = await allBlobs(context)
  const paths = [...new Set(all.map(({ path }) => path))]
  const asked = paths.filter((path) => inScope(path, scopes) && !neverEncrypted(path))
  const wanted = new Set<BytePath>((await driversOf(asked, context.git)).keys())
  const views = new AttributeViews(context.git.env)
  try {
    for (const file of await formerAttributes(context, all)) {
      const filters = await (await views.add([file])).filters(asked.filter((path) => !wanted.has(path)))
      for (const [path, value] of filters) if (driverOf(value) !== null) wanted.add(path)
    }
  } finally {
    views.close()
  }
  return all.filter(({ path }) => wanted.has(path))
}

async function allBlobs({ repo, git }: AuditContext): Promise<FormerBlob[]> {
  const place = trueView(git)
  const refs = await runGit(['rev-list', '--all', '--no-walk'], place)
  const commits = await listCommits(refs.toString('latin1').split('\n').filter(Boolean), [], place)
  const found = new Map<string, FormerBlob>()
  const differ = new DiffTree(place, repo.objectFormat)
  try {
    for (let from = 0; from < commits.length; from += BATCH) {
      const oids = commits.slice(from, from + BATCH).map(({ oid }) => oid)
      for (const [index, changes] of (await differ.changes(oids)).entries()) {
        for (const { mode, oid, path } of changes) {
          const key = `${oid} ${path}`
          if (mode.startsWith('100') && !found.has(key))
            found.set(key, { path, oid, commit: oids[index] as string })
        }
      }
    }
  } finally {
    differ.close()
  }
  return [...found.values()]
}

async function formerAttributes(
  { catFile }: AuditContext,
  blobs: readonly FormerBlob[],
): Promise<AttributesFile[]> {
  const named = blobs.filter(({ path }) => path === '.gitattributes' || path.endsWith('/.gitattributes'))
  const files: AttributesFile[] = []
  for (const { path, oid } of named.slice(-MOST_ATTRIBUTES)) {
    const content = (await catFile.getUpTo(oid, 1 << 20))?.content
    if (content?.includes('nixsecret')) files.push({ path, content })
  }
  return files
}
