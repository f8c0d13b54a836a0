import { type BytePath, displayPath, pathBytes } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { runGit } from './run-git.ts'
import type { GitPlace } from './true-view.ts'

/**
 * The commits that lead to a tip and change one of some paths, children before parents.
 * @param since seconds since 1970; earlier ones are left out
 * @param full whether those count, too, of which a merge took nothing
 * @throws NixsecretError `refused` for a path that git can't be told
 */
export async function commitsTouching(
  place: GitPlace,
  tips: readonly string[],
  paths: readonly BytePath[],
  { since = null, full = false }: { readonly since?: number | null; readonly full?: boolean } = {},
): Promise<string[]> {
  if (tips.length === 0 || paths.length === 0) return []
  const odd = paths.find((path) => path.includes('\n'))
  if (odd !== undefined)
    throw new NixsecretError('refused', `git can't be asked for the history of ${displayPath(odd)}`)
  const args = ['rev-list', '--topo-order', ...(full ? ['--full-history'] : [])]
  if (since !== null) args.push(`--since=${Math.floor(since)}`)
  const lines = [...tips.map((tip) => Buffer.from(tip)), Buffer.from('--'), ...paths.map(pathBytes)]
  const input = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]))
  const env = { ...place.env, GIT_LITERAL_PATHSPECS: '1' }
  const output = await runGit([...args, '--stdin'], { ...place, env, input })
  return output.toString('latin1').split('\n').filter(Boolean)
}
