import { lstatSync } from 'node:fs'
import type { Past } from '../../blob/past.ts'
import { POLICY_FILE } from '../../blob/policy-file-name.ts'
import { driversOf } from '../../blob/protected-files.ts'
import { type BytePath, displayText, textPath } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { listIndex, type TreeEntry } from '../../git/list-index.ts'
import { listUntracked } from '../../git/list-untracked.ts'
import type { Workspace } from '../workspace.ts'
import type { Place } from './matrix.ts'
import type { Side, SideFile } from './side.ts'

const POLICY_PATH = textPath(POLICY_FILE)

/** The index, files of the work tree that it does not have yet, and the policy and attributes that hold here. */
export async function readHere(space: Workspace): Promise<Side> {
  const git = { ...space.git, cwd: space.top }
  const [index, { files: untracked }] = await Promise.all([listIndex(git), listUntracked(false, git)])
  const entries = new Map<BytePath, SideFile>()
  // Of a path in conflict our side comes last.
  for (const { path, mode, oid, stage } of [...index].sort((a, b) => order(a) - order(b)))
    entries.set(path, { path, mode, oid, unmerged: stage !== 0 })
  for (const path of untracked) entries.set(path, { path, mode: null, oid: null, unmerged: false })
  const drivers = await driversOf([...entries.keys()], git)
  const policy = await space.policyOrNull()
  const where = await policyPlace(space, entries.has(POLICY_PATH))
  return {
    place: { kind: 'index', policy: policy === null ? null : where },
    policy,
    ...split(entries, drivers),
  }
}

function order({ stage }: TreeEntry): number {
  return stage === 2 ? 3 : stage === 3 ? 2 : stage
}

async function policyPlace(space: Workspace, inIndex: boolean): Promise<'work tree' | 'index' | 'HEAD'> {
  const file = lstatSync(`${space.top}/${POLICY_FILE}`, { throwIfNoEntry: false })
  return file !== undefined ? 'work tree' : inIndex ? 'index' : 'HEAD'
}

/**
 * A commit, by its own policy and attributes.
 * @param name any name that git takes for it
 * @throws NixsecretError `missing` where git knows no such commit, `policy` where its policy can't be used
 */
export async function readCommit(past: Past, name: string): Promise<Side> {
  const commit = await past.catFile.info(`${name}^{commit}`)
  const root = commit === null ? null : await past.catFile.info(`${commit.oid}^{tree}`)
  if (commit === null || root === null)
    throw new NixsecretError('missing', `git knows no commit ${displayText(name)}`, {
      hints: ['git log --oneline'],
    })
  const tree = await past.trees.tree(root.oid)
  const state = await past.states.ofTree(tree)
  const found = state.policy === null ? null : await past.policies.at(state.policy)
  if (found !== null && 'problem' in found)
    throw new NixsecretError('policy', `in ${displayText(name)}: ${found.problem}`)
  const drivers = await state.group.drivers(tree.map(({ path }) => path))
  const entries = new Map(tree.map((line): [BytePath, SideFile] => [line.path, { ...line, unmerged: false }]))
  const place: Place = { kind: 'commit', commit: commit.oid, name }
  return { place, policy: found?.policy ?? null, ...split(entries, drivers) }
}

function split(entries: ReadonlyMap<BytePath, SideFile>, drivers: ReadonlyMap<BytePath, unknown>) {
  const files = new Map([...entries].filter(([path]) => drivers.has(path)))
  const open = [...entries.values()].filter(({ path, oid }) => oid !== null && !drivers.has(path))
  return { files, open: new Set(open.map(({ path }) => path)) }
}
