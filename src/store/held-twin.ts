import type { BytePath } from '../byte-path.ts'
import type { Repository } from '../git/repository.ts'
import { type BroughtBack, LockFiles } from './lock-files.ts'
import { type RefreshNews, refreshTwin, type Twin } from './refresh-twin.ts'
import type { RepositoryFacts } from './repository-facts.ts'
import { TwinCheckout } from './twin-checkout.ts'
import type { TwinUser } from './twin-users.ts'

/** What became of a twin while a command had it. */
export interface TwinEnd extends BroughtBack {
  /** Other files that the command changed; they stay in the twin, until the next one. */
  readonly changed: readonly BytePath[]
}

/** A twin that stays as it is until it is given back. */
export interface HeldTwin {
  readonly twin: Twin
  /** A command uses it: it is held for as long as that runs, whatever becomes of us. */
  started(pid: number): void
  /** Brings lock files that the command wrote to the work tree. */
  end(): Promise<TwinEnd>
  /** Gives it back. */
  leave(): void
}

/** {@link refreshTwin}, and holds it. @param holder the process that uses it */
export async function holdTwin(
  repo: Repository,
  news: RefreshNews,
  facts: RepositoryFacts | null,
  holder: number = process.pid,
): Promise<HeldTwin> {
  const [twin, user] = await refreshTwin(repo, news, facts, holder)
  return new OwnTwin(repo, twin, user)
}

class OwnTwin implements HeldTwin {
  readonly twin: Twin
  readonly #user: TwinUser
  readonly #locks: LockFiles
  readonly #checkout: TwinCheckout

  constructor(repo: Repository, twin: Twin, user: TwinUser) {
    this.twin = twin
    this.#user = user
    this.#locks = new LockFiles(
      twin.place.tree,
      twin.top,
      twin.paths,
      new Set([...twin.sealed, ...twin.open]),
    )
    this.#checkout = new TwinCheckout(twin.place, repo)
  }

  started(pid: number): void {
    this.#user.started(pid)
  }

  async end(): Promise<TwinEnd> {
    const [back, differing] = await Promise.all([
      this.#locks.bringBack({ cwd: this.twin.top }),
      this.#checkout.differing(this.twin.tree),
    ])
    const expected = new Set<BytePath>(this.twin.open)
    const changed = (differing ?? []).filter((path) => !expected.has(path) && !this.#locks.has(path))
    return { ...back, changed }
  }

  leave(): void {
    this.#user.leave()
  }
}
