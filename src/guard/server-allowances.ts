import { runGit, splitNul, tryGit } from '../git/run-git.ts'
import type { Inspection } from './inspection.ts'

/** Values of git config `nixsecret.allow`: of the repository, its user and its system. */
export async function serverAllow({ place }: Pick<Inspection, 'place'>): Promise<string[]> {
  const args = ['config', '-z', '--get-all', 'nixsecret.allow']
  const { code, stdout } = await tryGit(args, place)
  // 1: there is none. Everything else is a fault, and throws.
  if (code > 1) await runGit(args, place)
  return splitNul(stdout).map((field) => field.toString('utf8'))
}
