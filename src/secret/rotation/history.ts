import { Past } from '../../blob/past.ts'
import { ReaderSets } from '../../blob/reader-sets.ts'
import type { RulingFile } from '../../blob/tree-state.ts'
import { allTips, type OnProgress, type PastCommit, walkHistory } from '../../blob/walk-history.ts'
import type { BytePath } from '../../byte-path.ts'
import type { Policy } from '../../policy/policy.ts'
import type { Workspace } from '../workspace.ts'
import { Timeline } from './timeline.ts'
import type { Place } from './versions.ts'

/** A blob at a path, and the first commit that brought it there. */
export interface FormerPlace extends Place {
  readonly commit: string
}

/** All that protected paths have held in any commit of any ref. */
export class SecretHistory {
  /** Every blob once for each path at which it was. */
  readonly places: FormerPlace[] = []
  readonly sets = new ReaderSets()
  readonly timeline = new Timeline()
  /** Whether any policy wants SOPS documents. */
  hasDocuments = false
  /** The commit that first had a file there. */
  readonly firstAt = new Map<BytePath, string>()
  readonly #policies = new Map<string, Policy | null>()
  readonly #seen = new Map<BytePath, Set<string>>()
  readonly #byBlob = new Map<string, BytePath>()
  readonly #kin = new Map<BytePath, BytePath>()

  /** Walks through everything. */
  static async read(space: Workspace, onProgress: OnProgress): Promise<SecretHistory> {
    const past = new Past(space.repo, space.git)
    const history = new SecretHistory()
    try {
      for await (const commit of walkHistory(past, await allTips(past), onProgress)) {
        await history.#policy(past, commit.state.policy)
        history.#add(commit)
      }
    } finally {
      past.close()
    }
    return history
  }

  /** The policy of a commit; null where there is none that can be read. */
  policyAt(file: RulingFile | null): Policy | null {
    return file === null ? null : (this.#policies.get(`${file.mode} ${file.oid}`) ?? null)
  }

  /**
   * Paths at which the same secret may have been have the same kin: those that shared a blob, or of which one came in a
   * commit that took the other away.
   */
  kinOf(path: BytePath): BytePath {
    let at = path
    for (let up = this.#kin.get(at); up !== undefined; up = this.#kin.get(at)) at = up
    // The way is short the next time.
    if (at !== path) this.#kin.set(path, at)
    return at
  }

  async #policy(past: Past, file: RulingFile | null): Promise<void> {
    if (file === null) return
    const key = `${file.mode} ${file.oid}`
    if (this.#policies.has(key)) return
    const found = await past.policies.at(file)
    const policy = 'policy' in found ? found.policy : null
    this.#policies.set(key, policy)
    if (policy === null) return
    this.sets.add(policy)
    this.hasDocuments ||= [policy.default, ...policy.rules].some(({ format }) => format === 'sops')
  }

  #add(commit: PastCommit): void {
    this.timeline.add(commit)
    const came: BytePath[] = []
    for (const { path, oid } of commit.entries) {
      let seen = this.#seen.get(path)
      if (seen === undefined) {
        seen = new Set()
        this.#seen.set(path, seen)
        this.firstAt.set(path, commit.oid)
        came.push(path)
      }
      if (seen.has(oid)) continue
      seen.add(oid)
      this.places.push({ path, oid, commit: commit.oid })
      const other = this.#byBlob.get(oid)
      if (other === undefined) this.#byBlob.set(oid, path)
      else this.#join(path, other)
    }
    const went = commit.gone.filter((path) => this.#seen.has(path))
    // A commit that moves many has them all together; which went where, only plaintexts tell.
    const [first] = went
    if (first !== undefined)
      for (const path of [...came, ...(came.length > 0 ? went : [])]) this.#join(path, first)
  }

  #join(one: BytePath, other: BytePath): void {
    const [a, b] = [this.kinOf(one), this.kinOf(other)]
    if (a !== b) this.#kin.set(a, b)
  }
}
