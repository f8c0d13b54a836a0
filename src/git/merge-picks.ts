import { type BytePath, bytePath, pathBytes } from '../byte-path.ts'
import type { CatFile } from './cat-file.ts'
import { runGit, splitNul, tryGit } from './run-git.ts'
import type { GitPlace } from './true-view.ts'

// What a parent has at a path; empty: nothing.
type Version = string
const NOTHING = /^0+$/

/** Where git is asked; the view of it must be a true one. */
export interface MergeView {
  readonly catFile: Pick<CatFile, 'info'>
  readonly place: GitPlace
}

/**
 * Paths that a merge took from one parent though the other side had changed them since both parted: a version comes
 * back that somebody replaced. git itself would not merge so, and lists no such path for a merge.
 * @param isAsked of which paths this is asked
 */
export async function mergePicks(
  view: MergeView,
  merge: string,
  parents: readonly string[],
  isAsked: (paths: readonly BytePath[]) => Promise<ReadonlySet<BytePath>>,
): Promise<BytePath[]> {
  const changed = await Promise.all(parents.map((parent) => versions(view, parent, merge)))
  const paths = new Set(changed.flatMap((versions) => [...versions.keys()]))
  const found: BytePath[] = []
  const bases = new Map<string, Promise<string[]>>()
  for (const path of await isAsked([...paths])) {
    const taken = parents.filter((_, i) => !changed[i]?.has(path))
    const left = parents.flatMap((parent, i) => {
      const version = changed[i]?.get(path)
      return version === undefined ? [] : [{ parent, version }]
    })
    // In none of them: git lists it.
    if (taken.length === 0) continue
    const settled = await Promise.all(left.map(({ parent, version }) => kept(parent, version)))
    if (settled.includes(false)) found.push(path)

    /** Whether one side left the path as it was where it and a side that was taken parted. */
    async function kept(parent: string, version: Version): Promise<boolean> {
      for (const side of taken) {
        const before = await Promise.all((await basesOf(side, parent)).map((base) => at(base)))
        if (before.length === 0 ? version === '' : before.every((one) => one === version)) return true
      }
      return false
    }

    async function at(commit: string): Promise<Version> {
      const name = Buffer.concat([Buffer.from(`${commit}:`), pathBytes(path)])
      return (await view.catFile.info(name))?.oid ?? ''
    }
  }
  return found

  function basesOf(one: string, other: string): Promise<string[]> {
    const key = `${one} ${other}`
    const known = bases.get(key) ?? mergeBases(view, one, other)
    bases.set(key, known)
    return known
  }
}

/** Path → what `from` has there, of all paths where `to` has something else. */
async function versions({ place }: MergeView, from: string, to: string): Promise<Map<BytePath, Version>> {
  const args = ['diff-tree', '-r', '-z', '--raw', '--no-abbrev', '--no-renames', '--ignore-submodules=none']
  const fields = splitNul(await runGit([...args, from, to], place))
  const found = new Map<BytePath, Version>()
  for (let i = 0; i + 1 < fields.length; i += 2) {
    // `:100644 100644 OID OID M`
    const [, , oid = ''] = (fields[i] as Buffer).toString('latin1').split(' ')
    found.set(bytePath(fields[i + 1] as Buffer), NOTHING.test(oid) ? '' : oid)
  }
  return found
}

/** The best common ancestors of two commits; none where they have nothing in common. */
export async function mergeBases(
  { place }: Pick<MergeView, 'place'>,
  one: string,
  other: string,
): Promise<string[]> {
  const args = ['merge-base', '--all', one, other]
  const { code, stdout } = await tryGit(args, place)
  // 1: they have nothing in common.
  if (code > 1) await runGit(args, place)
  return stdout
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '')
}
