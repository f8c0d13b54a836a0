import { type BytePath, bytePath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { runGit, splitNul } from './run-git.ts'
import { type GitPlace, trueView } from './true-view.ts'

/** Commits that are looked at, at most. */
const MOST_COMMITS = 50_000
// More do not fit into the arguments of a program.
const MOST_BLOBS = 5_000
const COLON = 0x3a

/**
 * The paths that blobs ever had, in any commit that a ref, a reflog or HEAD leads to. In a shallow clone that is what is
 * here.
 * @param mostCommits how long a history may be
 * @returns null where it can't be told: the history is longer than that, or parts of it are not here
 */
export async function pathsOfBlobs(
  oids: ReadonlySet<string>,
  place: GitPlace,
  mostCommits = MOST_COMMITS,
): Promise<Map<string, Set<BytePath>> | null> {
  const found = new Map<string, Set<BytePath>>()
  if (oids.size === 0) return found
  if (oids.size > MOST_BLOBS) return null
  // Nothing is fetched only to compare.
  const view = trueView(place)
  const git = { ...view, env: { ...view.env, GIT_NO_LAZY_FETCH: '1' } }
  try {
    const limit = `--max-count=${mostCommits + 1}`
    const commits = await runGit(['rev-list', '--all', '--reflog', limit, '--ignore-missing', 'HEAD'], git)
    if (countLines(commits) > mostCommits) return null
    const args = ['diff-tree', '--stdin', '-m', '-r', '-z', '--root', '--raw', '--no-abbrev', '--no-renames']
    const wanted = [...oids].map((oid) => `--find-object=${oid}`)
    const fields = splitNul(await runGit([...args, ...wanted], { ...git, input: commits }))
    for (let i = 0; i < fields.length; i++) {
      // `OID`, or `:100644 100644 OID OID M` and a path.
      const field = fields[i] as Buffer
      if (field[0] !== COLON) continue
      const path = bytePath(fields[++i] ?? Buffer.alloc(0))
      const [, , ...both] = field.toString('latin1').split(' ', 4)
      for (const oid of both) if (oids.has(oid)) found.set(oid, (found.get(oid) ?? new Set()).add(path))
    }
    return found
  } catch (fault) {
    if (fault instanceof NixsecretError) return null
    throw fault
  }
}

function countLines(output: Buffer): number {
  let count = 0
  for (let at = output.indexOf(10); at !== -1; at = output.indexOf(10, at + 1)) count++
  return count
}
