import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { tryGit } from '../git/run-git.ts'
import type { Workspace } from './workspace.ts'

/**
 * Id of a revision's tree.
 * @param rev any name of a commit or tree that git takes
 * @throws NixsecretError `missing` where git knows none
 */
export async function treeOf(space: Workspace, rev: string): Promise<string> {
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${rev}^{tree}`]
  const { code, stdout } = await tryGit(args, space.git)
  if (code === 0) return stdout.toString('latin1').trim()
  throw new NixsecretError('missing', `git knows no revision ${displayText(rev)}`, {
    hints: ['git log --oneline'],
  })
}
