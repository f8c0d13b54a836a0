import { Past } from '../../blob/past.ts'
import { inScope, type Scopes } from '../../blob/protected-files.ts'
import { type BytePath, displayPath } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import type { Workspace } from '../workspace.ts'
import { blobFacts } from './blob-facts.ts'
import { buildMatrix } from './build-matrix.ts'
import type { AccessMatrix } from './matrix.ts'
import { readCommit, readHere } from './read-side.ts'
import { earlierPolicies, ReaderSets } from './reader-sets.ts'

/** What is to be looked at. */
export interface AccessQuestion {
  readonly scopes: Scopes
  /** A commit; null: the index and the policy that holds, in a bare repository HEAD. */
  readonly rev: string | null
  /** A commit to compare with. */
  readonly since: string | null
}

/**
 * Who can read what, by the policy, and how the blobs stand to it. Needs no key, and asks for no passphrase.
 * @throws NixsecretError `missing` for a commit that there is not or a path where no secret is, `policy` where a policy
 *   does not parse
 */
export async function readMatrix(
  space: Workspace,
  { scopes, rev, since }: AccessQuestion,
): Promise<AccessMatrix> {
  const past = new Past(space.repo, space.git)
  try {
    const at = rev ?? (space.repo.workTree === null ? 'HEAD' : null)
    const [now, before, own] = await Promise.all([
      at === null ? readHere(space) : readCommit(past, at),
      since === null ? null : readCommit(past, since),
      space.keys.recipients(),
    ])
    const from = now.place.kind === 'commit' ? now.place.commit : 'HEAD'
    const matrix = await buildMatrix({
      now,
      before,
      inScope: (path: BytePath) => inScope(path, scopes),
      facts: async ({ path, mode, oid }) =>
        oid === null || !mode?.startsWith('100') ? null : blobFacts(past.catFile, path, oid),
      sets: new ReaderSets(now.policy, earlierPolicies(past, from)),
      own: new Set(own),
    })
    refuseNowhere(matrix, scopes)
    return matrix
  } finally {
    past.close()
  }
}

function refuseNowhere({ secrets }: AccessMatrix, scopes: Scopes): void {
  const nowhere = scopes.find((scope) => scope !== '' && !secrets.some(({ path }) => inScope(path, [scope])))
  if (nowhere === undefined) return
  throw new NixsecretError('missing', `${displayPath(nowhere as BytePath)}: no secret is there`, {
    hints: ['git nixsecret access', 'git nixsecret status'],
  })
}
