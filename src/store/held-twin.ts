import type { Repository } from '../git/repository.ts'
import { type BroughtBack, LockFiles } from './lock-files.ts'
import { type RefreshNews, refreshTwin, type Twin } from './refresh-twin.ts'
import type { RepositoryFacts } from './repository-facts.ts'
import type { TwinUser } from './twin-users.ts'

/** A twin that stays as it is until it is given back. */
export interface HeldTwin {
  readonly twin: Twin
  /** A command uses it: it is held for as long as that runs, whatever becomes of us. */
  started(pid: number): void
  /** Brings lock files that the command wrote to the work tree. */
  end(): Promise<BroughtBack>
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
  return new OwnTwin(twin, user)
}

class OwnTwin implements HeldTwin {
  readonly twin: Twin
  readonly #user: TwinUser
  readonly #locks: LockFiles

  constructor(twin: Twin, user: TwinUser) {
    this.twin = twin
    this.#user = user
    this.#locks = new LockFiles(
      twin.place.tree,
      twin.top,
      twin.paths,
      new Set([...twin.sealed, ...twin.open]),
    )
  }

  started(pid: number): void {
    this.#user.started(pid)
  }

  end(): Promise<BroughtBack> {
    return this.#locks.bringBack({ cwd: this.twin.top })
  }

  leave(): void {
    this.#user.leave()
  }
}
