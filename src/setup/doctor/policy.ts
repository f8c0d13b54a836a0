import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { shellWord } from '../../age/shell-word.ts'
import { PolicySource } from '../../blob/load-policy.ts'
import { driversOf } from '../../blob/protected-files.ts'
import { type BytePath, bytePath, displayPath } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { CatFile } from '../../git/cat-file.ts'
import { type Repository, requireWorkTree } from '../../git/repository.ts'
import { runGit, splitNul } from '../../git/run-git.ts'
import type { Policy } from '../../policy/policy.ts'
import { namedByRule } from '../../policy/readers-of.ts'
import { shownNames } from '../../policy/shown-names.ts'
import { type Diagnosis, fine, problem, warning } from './finding.ts'

/** The policy, and what is wrong with it. */
export async function checkPolicy(
  repo: Repository,
): Promise<{ policy: Policy | null; diagnoses: Diagnosis[] }> {
  const cwd = requireWorkTree(repo)
  const catFile = new CatFile({ cwd })
  try {
    const policy = await new PolicySource(repo.workTree, catFile).current()
    if (policy === null) {
      return { policy, diagnoses: [problem('policy', 'there is no nixsecret.toml', 'git nixsecret init')] }
    }
    const text = `nixsecret.toml is sound: readers ${shownNames([...policy.recipients.keys()])}`
    return { policy, diagnoses: [fine('policy', text), await checkAttributes(repo, policy)] }
  } catch (fault) {
    if (!(fault instanceof NixsecretError)) throw fault
    return { policy: null, diagnoses: [problem('policy', fault.message, ...fault.hints)] }
  } finally {
    catFile.close()
  }
}

/** A path for which a rule names readers, and that no attribute has encrypted, is plaintext by mistake. */
async function checkAttributes(repo: Repository, policy: Policy): Promise<Diagnosis> {
  const cwd = requireWorkTree(repo)
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z']
  const paths = [...new Set(splitNul(await runGit(args, { cwd })).map(bytePath))]
  const named = paths.filter((path) => namedByRule(policy, path) && !path.endsWith('.pub'))
  const drivers = await driversOf(paths, { cwd })
  const bare = named.filter((path) => !drivers.has(path))
  if (bare.length > 0) {
    const message = `nixsecret.toml names readers for ${some(bare)}, but .gitattributes does not encrypt it`
    const [first] = bare
    return problem(
      'attributes',
      message,
      `git check-attr filter -- ${shellWord(displayPath(first as BytePath))}`,
      "echo '/PATH filter=nixsecret diff=nixsecret merge=nixsecret -text' >> .gitattributes",
    )
  }
  if (drivers.size === 0 && filtersSomething(cwd)) {
    return fine('attributes', 'there is no secret yet; .gitattributes says which paths will be encrypted')
  }
  if (drivers.size === 0) {
    return warning(
      'attributes',
      'no file here is protected by .gitattributes',
      'git nixsecret init --path GLOB',
    )
  }
  return fine(
    'attributes',
    `.gitattributes protects ${drivers.size === 1 ? '1 file' : `${drivers.size} files`}, and every path that a rule names`,
  )
}

function filtersSomething(workTree: string): boolean {
  try {
    return /^[^#\n]*\sfilter=nixsecret(-sealed)?(\s|$)/m.test(
      readFileSync(join(workTree, '.gitattributes'), 'utf8'),
    )
  } catch {
    return false
  }
}

function some(paths: readonly BytePath[]): string {
  const shown = paths.slice(0, 3).map(displayPath).join(', ')
  return paths.length > 3 ? `${shown} and ${paths.length - 3} more` : shown
}
