import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { runGit } from '../git/run-git.ts'
import type { Inspection } from './inspection.ts'
import { mustFind } from './must-find.ts'
import type { Range } from './sources/commit-entries.ts'

/**
 * The commit that a name stands for; tags are followed.
 * @throws NixsecretError `missing` where there is none
 */
export async function resolveCommit(inspection: Inspection, name: string): Promise<string> {
  const info = await mustFind(inspection.catFile, `${name}^{commit}`, `the commit ${displayText(name)}`)
  return info.oid
}

/**
 * The commit or tree that a name stands for.
 * @throws NixsecretError `missing` where there is none
 */
export async function resolveTree(inspection: Inspection, name: string): Promise<string> {
  const object = await mustFind(inspection.catFile, `${name}^{}`, displayText(name))
  if (object.type === 'commit' || object.type === 'tree') return object.oid
  throw new NixsecretError('usage', `${displayText(name)} is no commit and no tree`)
}

/** @param range `A..B`; an end left out is HEAD */
export async function resolveRange(inspection: Inspection, range: string): Promise<Range> {
  const parts = range.split('..')
  if (parts.length !== 2 || range.includes('...') || range === '..') {
    throw new NixsecretError('usage', `${displayText(range)} is no range of commits: write A..B`, {
      hints: ['git nixsecret check --range origin/main..HEAD'],
    })
  }
  const [from, to] = parts.map((part) => part || 'HEAD') as [string, string]
  const tips = [await resolveCommit(inspection, to)]
  if (isZero(from)) return { tips, without: [] }
  return { tips, without: [await resolveCommit(inspection, from)] }
}

/** Whether an object id is the one of zeros, which stands for "there is none". */
export function isZero(oid: string): boolean {
  return /^0{40}(0{24})?$/.test(oid)
}

/** The commits that refs of any kind and HEAD have, and those of local branches and HEAD alone. */
export async function allTips(inspection: Inspection): Promise<{ tips: string[]; branches: string[] }> {
  const format = '--format=%(objecttype) %(objectname) %(*objecttype) %(*objectname) %(refname)'
  const output = await runGit(['for-each-ref', format], inspection.place)
  const tips = new Set<string>()
  const branches = new Set<string>()
  const head = await inspection.catFile.info('HEAD^{commit}')
  if (head !== null) for (const set of [tips, branches]) set.add(head.oid)
  for (const line of output.toString('latin1').split('\n')) {
    const [type, oid = '', peeledType, , ref = ''] = line.split(' ')
    if (type === 'commit') tips.add(oid)
    // A tag of a tag has to be followed to its end; a tag of a tree or blob has no history.
    else if (type === 'tag' && (peeledType === 'commit' || peeledType === 'tag')) {
      const peeled = await inspection.catFile.info(`${oid}^{}`)
      if (peeled?.type === 'commit') tips.add(peeled.oid)
    }
    if (type === 'commit' && ref.startsWith('refs/heads/')) branches.add(oid)
  }
  return { tips: [...tips], branches: [...branches] }
}
