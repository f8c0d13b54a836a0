import { POLICY_PATH } from '../blob/tree-state.ts'
import type { BytePath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { commitFacts } from '../git/commit-facts.ts'
import { mergePicks } from '../git/merge-picks.ts'
import { pushableJudges } from '../git/pushable-judges.ts'
import type { Repository } from '../git/repository.ts'
import type { GitPlace } from '../git/true-view.ts'
import { neverEncrypted } from '../policy/readers-of.ts'
import type { Entry, Step } from './entry.ts'
import type { Inspection } from './inspection.ts'
import type { RaisedList } from './raised.ts'
import { unsigned } from './rules/unsigned.ts'

/** Collects the commits that must be signed, and then asks git about all of them. */
export class SignatureWatch {
  readonly #inspection: Inspection
  readonly #touched = new Map<string, { readonly step: Step; readonly paths: readonly BytePath[] }>()

  constructor(inspection: Inspection) {
    this.#inspection = inspection
  }

  /** @param isProtected by the entry's own commit or by a tip */
  async look(step: Step, isProtected: (entry: Entry) => boolean): Promise<void> {
    const { commit, entries, change } = step
    if (commit === null) return
    const parents = change?.parents ?? []
    const before = change?.before.map(({ group }) => group) ?? []
    const mustBeSigned = async (paths: readonly BytePath[]): Promise<ReadonlySet<BytePath>> => {
      const drivers = await Promise.all([step.state.group, ...before].map((group) => group.drivers(paths)))
      return new Set(paths.filter((path) => neverEncrypted(path) || drivers.some((known) => known.has(path))))
    }
    const brought = entries.filter(({ origin }) => origin !== 'kept')
    const changed = [...brought.map(({ path }) => path), ...(change?.gone ?? [])]
    const paths = new Set(await mustBeSigned(changed))
    for (const entry of brought) if (isProtected(entry)) paths.add(entry.path)
    if (parents.length > 1) {
      const { catFile, place } = this.#inspection
      const view = { catFile, place, trees: this.#inspection.treeReader() }
      for (const path of await mergePicks(view, commit, parents, mustBeSigned)) paths.add(path)
    }
    if (paths.size > 0) this.#touched.set(commit, { step, paths: [...paths].sort(byWeight) })
  }

  /** Raises what is not signed as it must be. */
  async judge(raised: RaisedList): Promise<void> {
    const commits: string[] = []
    // A tag may name a tree, which nobody can sign.
    for (const oid of this.#touched.keys())
      if ((await this.#inspection.catFile.info(oid))?.type === 'commit') commits.push(oid)
    const facts = await commitFacts(commits, this.#inspection.place)
    for (const [commit, { step, paths }] of this.#touched) {
      const signature = facts.get(commit)?.signature ?? { state: 'none', signer: null, key: null }
      const draft = unsigned.judge(commit, paths, signature)
      if (draft !== null) raised.raise(unsigned.id, draft, entryOf(step, paths[0] as BytePath))
    }
  }
}

function entryOf({ commit, tip, state, entries }: Step, path: BytePath): Entry {
  const own = entries.find((entry) => entry.path === path)
  return own ?? { commit, path, mode: '000000', oid: '', origin: 'brought', tip, settled: false, state }
}

/** The policy first, then attributes, then secrets: the finding is told of the first. */
function byWeight(one: BytePath, other: BytePath): number {
  const weight = (path: BytePath) => (path === POLICY_PATH ? 0 : neverEncrypted(path) ? 1 : 2)
  return weight(one) - weight(other) || (one < other ? -1 : 1)
}

/**
 * Refuses to take git's word on signatures where whoever pushes has a say in it.
 * @throws NixsecretError `refused`
 */
export async function requireSoundJudges(repo: Repository, place: GitPlace): Promise<void> {
  const [setting] = await pushableJudges(repo, place)
  if (setting === undefined) return
  const out = setting === 'gpg.ssh.allowedsignersfile' ? [KEEP_SIGNERS] : []
  throw new NixsecretError(
    'refused',
    `${setting} leads into this work tree: whoever can push could make themselves an allowed signer`,
    { hints: [...out, `git config --show-origin --get ${setting}`] },
  )
}

const KEEP_SIGNERS =
  'git config --global gpg.ssh.allowedSignersFile ~/.config/git/allowed_signers    # a copy that no push changes'
