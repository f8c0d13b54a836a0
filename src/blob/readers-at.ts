import { type BytePath, displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import type { Driver } from '../git/check-attr.ts'
import type { Policy } from '../policy/policy.ts'
import type { Past } from './past.ts'
import type { PolicyAt } from './policies.ts'
import { type Readers, readersFor } from './readers.ts'

/** A file of a revision that its attributes protect. */
export interface FileAt {
  readonly path: BytePath
  readonly oid: string
  readonly driver: Driver
  /** Whom the policy of the revision names; null where it names nobody, or there is none that can be read. */
  readonly readers: Readers | null
}

/** What a revision says of who reads what. */
export interface ReadersAt {
  /** Object id of the commit or tree. */
  readonly oid: string
  readonly policy: PolicyAt
  /** Regular files only, in git's order. */
  readonly files: readonly FileAt[]
}

/**
 * The effective readers of the protected paths at a revision: by the policy and the attributes in it, nothing local.
 * Whom the blobs are sealed for is another matter.
 * @param rev any name of a commit or tree that git takes
 * @throws NixsecretError `missing` where there is none
 */
export async function readersAt(past: Past, rev: string): Promise<ReadersAt> {
  const root = await past.catFile.info(`${rev}^{}`)
  const tree = root === null ? null : await past.catFile.info(`${root.oid}^{tree}`)
  if (root === null || tree === null)
    throw new NixsecretError('missing', `git knows no revision ${displayText(rev)}`, {
      hints: ['git log --oneline'],
    })
  const lines = await past.trees.tree(tree.oid)
  const state = await past.states.ofTree(lines)
  const policy = await past.policies.at(state.policy)
  const regular = lines.filter(({ mode }) => mode.startsWith('100'))
  const drivers = await state.group.drivers(regular.map(({ path }) => path))
  const files = regular.flatMap(({ path, oid }) => {
    const driver = drivers.get(path)
    if (driver === undefined) return []
    return [{ path, oid, driver, readers: 'policy' in policy ? readersOrNull(policy.policy, path) : null }]
  })
  return { oid: root.oid, policy, files }
}

/** Like {@link readersFor}; null where the policy names nobody, or keys that can't be mixed. */
export function readersOrNull(policy: Policy, path: BytePath): Readers | null {
  try {
    return readersFor(policy, path)
  } catch (fault) {
    if (fault instanceof NixsecretError) return null
    throw fault
  }
}
