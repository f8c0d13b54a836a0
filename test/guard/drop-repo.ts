import * as assert from 'uvu/assert'
import { checkAll, checkRange, checkStaged } from '../../src/guard/check.ts'
import type { CheckResult } from '../../src/guard/finding.ts'
import { ATTRIBUTES, brief, GuardRepo, sealed } from './guard-repo.ts'

export const SECRET = 'correct horse battery staple\n'
export const EDITED = `${SECRET}and more\n`
// Protects nothing that these tests write, but something.
export const ELSEWHERE = ATTRIBUTES.replace('secrets/', 'vault/')

/** A repository with the ciphertext of {@link SECRET} at `secrets/db`, in its last commit. */
export interface Begun {
  readonly repo: GuardRepo
  readonly base: string
  readonly ciphertext: Buffer
}

export async function begin(files: Record<string, string | Uint8Array> = {}): Promise<Begun> {
  const repo = new GuardRepo()
  await repo.begin()
  const ciphertext = await sealed(SECRET)
  return { repo, ciphertext, base: repo.commit({ 'secrets/db': ciphertext, ...files }) }
}

/** The same from the last commits, wherever they are said to begin, and from the whole history. */
export async function found(
  repo: GuardRepo,
  from: string | readonly string[],
  names: Record<string, string> = {},
): Promise<string[]> {
  const all = brief(drops(await checkAll(await repo.open(), repo.options)), names)
  for (const one of [from].flat()) {
    const range = await checkRange(await repo.open(), `${one}..HEAD`, repo.options)
    assert.equal(brief(drops(range), names), all, one)
  }
  return all
}

/** Without what only warns of attributes that are gone: protection-lapsed.test.ts has that. */
export function drops(result: CheckResult): CheckResult {
  const findings = result.findings.filter(
    ({ rule, severity }) => rule !== 'protection-dropped' || severity === 'error',
  )
  return { ...result, findings }
}

export async function staged(repo: GuardRepo): Promise<string[]> {
  return brief(drops(await checkStaged(await repo.open(), repo.options)))
}
