import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { POLICY_FILE } from '../blob/policy-file-name.ts'
import type { BytePath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import type { Driver } from '../git/check-attr.ts'
import type { FlaggedEntry } from '../git/flagged-index.ts'
import { type Repository, requireWorkTree } from '../git/repository.ts'
import type { GitOptions } from '../git/run-git.ts'
import { holdsNoPlaintext, shapeOfFile } from './file-shape.ts'
import { KnownAttributes } from './known-attributes.ts'
import { lostSecrets, noSecretAnyMore } from './lost-secrets.ts'
import type { OpenFile, OpenFiles } from './open-for-store.ts'
import { openedFiles } from './opened-files.ts'
import { type RepositoryFacts, repositoryFacts } from './repository-facts.ts'
import { TwinCheckout } from './twin-checkout.ts'
import { TwinLock } from './twin-lock.ts'
import { type TwinPlace, twinPlace } from './twin-place.ts'
import {
  asFault,
  isConfigured,
  notCiphertext,
  notProtected,
  refuseLinks,
  refuseUnmerged,
  requireFilter,
} from './twin-refusals.ts'
import { type TwinUser, TwinUsers } from './twin-users.ts'
import { VerifiedBlobs } from './verified-blobs.ts'
import { WorkTreeSeal } from './work-tree-seal.ts'

/** Milliseconds between two looks at who still uses the twin. */
const PAUSE = 200
/** Loose objects in one of 256 directories, from which on the twin is made anew, as nothing packs them. */
const MANY_OBJECTS = 60
const DRIVERS = ['nixsecret', 'nixsecret-sealed'] as const
const NOTHING_OPEN: OpenFiles = { files: [], locked: [] }

/** A twin that is as the work tree is, verified. */
export interface Twin {
  readonly place: TwinPlace
  /** Top of the work tree that it is the twin of. */
  readonly top: string
  /** Id of HEAD's commit, or null where there is none. */
  readonly head: string | null
  /** Paths at which only ciphertext may be. */
  readonly sealed: readonly BytePath[]
  /** Paths that are plaintext, for the owner said so. */
  readonly open: readonly BytePath[]
  /** Likewise, but locked here. */
  readonly locked: readonly BytePath[]
  readonly submodules: readonly BytePath[]
  readonly paths: readonly BytePath[]
  /** Id of the tree that it was made from. */
  readonly tree: string
}

/** What may take long. */
export interface RefreshNews {
  /** Another process is making the twin. */
  locked(): void
  /** The twin has to change, and these processes use it. */
  inUse(pids: readonly number[]): void
}

/**
 * Makes the twin of a work tree what the work tree is, or makes it in the first place, and verifies it: all that git
 * says is protected, by the attributes here or those in the twin, must be ciphertext there, by its bytes.
 *
 * Commands that need the same twin share it. Where it has to change while one runs in it, it waits for that one.
 * @param early asked for before, if it was
 * @param holder the process that will use it
 * @returns the twin, which stays as it is until its user leaves
 * @throws NixsecretError `refused` and others, and then nothing may be built
 */
export async function refreshTwin(
  repo: Repository,
  news: RefreshNews,
  early: RepositoryFacts | null = null,
  holder: number = process.pid,
): Promise<[Twin, TwinUser]> {
  const place = twinPlace(repo)
  let facts = early
  for (let told = false; ; ) {
    const lock = await TwinLock.take(place.locks, news.locked)
    let busy: readonly number[]
    try {
      const result = await new Refresh(repo, place, holder).run(
        facts ?? (await repositoryFacts(requireWorkTree(repo))),
      )
      if ('user' in result) return [result.twin, result.user]
      busy = result.busy
    } catch (fault) {
      throw asFault(fault, place)
    } finally {
      lock.release()
    }
    if (!told) news.inUse(busy)
    told = true
    facts = null
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
  }
}

/** A twin and its user, or those who have to end first. */
type Attempt = { readonly twin: Twin; readonly user: TwinUser } | { readonly busy: readonly number[] }

/** One attempt, with the lock held. */
class Refresh {
  readonly #repo: Repository
  readonly #place: TwinPlace
  readonly #holder: number
  readonly #top: string
  readonly #git: GitOptions & { cwd: string }
  readonly #users: TwinUsers
  readonly #checkout: TwinCheckout

  constructor(repo: Repository, place: TwinPlace, holder: number) {
    this.#repo = repo
    this.#place = place
    this.#holder = holder
    this.#top = requireWorkTree(repo)
    this.#git = { cwd: this.#top }
    this.#users = new TwinUsers(place.users)
    this.#checkout = new TwinCheckout(place, repo)
  }

  /** @returns the twin, or the processes that have to end first */
  async run(facts: RepositoryFacts): Promise<Attempt> {
    const busy = this.#users.others()
    if (busy.length === 0) this.#sweep()
    try {
      return await this.#attempt(busy, facts)
    } catch (fault) {
      // Whatever it is that git can't do with what is there (objects gone, a killed git's lock), it may do from scratch.
      if (!(fault instanceof NixsecretError) || fault.code !== 'git' || busy.length > 0) throw fault
      this.#checkout.discard()
      try {
        return await this.#attempt([], facts)
      } catch (again) {
        // git may have stored what it cleaned wrongly before it stopped.
        this.#checkout.discard()
        throw again
      }
    }
  }

  async #attempt(busy: readonly number[], facts: RepositoryFacts): Promise<Attempt> {
    const { config, head } = facts
    const outside = this.#checkout.prepare(config, head)
    const seal = new WorkTreeSeal(this.#place, this.#top, join(this.#repo.gitDir, 'index'))
    // As a rule the tree will be what it was: then this was asked while git looked through the work tree.
    const early = seal.known === null ? null : this.#checkout.differing(seal.known)
    early?.catch(() => {})
    try {
      const made = await this.#seal(seal, facts)
      const opener = mayOpen(this.#top) ? await import('./open-for-store.ts') : null
      const open = (await opener?.openForStore(this.#git, made.drivers, this.#repo)) ?? NOTHING_OPEN
      const asked = made.tree === seal.known ? early : this.#checkout.differing(made.tree)
      const strays = this.#checkout.strays(made.entries)
      const differing = await asked
      const stays =
        differing?.length === open.files.length &&
        differing.every((path) => open.files.some((file) => file.path === path)) &&
        open.files.every((file) => opener?.isOpenAs(this.#place.tree, file))
      if (busy.length > 0 && (!stays || outside)) return { busy }
      const changes = !stays || (strays.length > 0 && busy.length === 0)
      if (changes) {
        await this.#checkout.checkOut(made.tree, strays)
        for (const file of open.files) opener?.writeOpen(this.#place.tree, file)
      }
      const sealed = this.#verify(made, await this.#driversThere(made.entries, config), open.files)
      made.verified.keep(made.protectedEntries)
      seal.keep(made.tree)
      const twin: Twin = {
        place: this.#place,
        top: this.#top,
        head,
        sealed,
        open: open.files.map(({ path }) => path),
        locked: open.locked,
        submodules: made.entries.flatMap(({ mode, path }) => (mode === '160000' ? [path] : [])),
        paths: made.entries.map(({ path }) => path),
        tree: made.tree,
      }
      return { twin, user: this.#users.add(this.#holder) }
    } finally {
      seal.drop()
    }
  }

  /**
   * What the attributes in the twin say. They may say more than those here: `.gitattributes` files that git does not
   * track are not in it.
   */
  #driversThere(
    entries: readonly FlaggedEntry[],
    config: ReadonlyMap<string, string>,
  ): Promise<ReadonlyMap<BytePath, Driver>> {
    const known = new KnownAttributes(this.#place.attributesThere)
    return known.drivers({ entries, git: this.#checkout.git, config, gitDirs: [this.#place.gitDir] })
  }

  /** The work tree as a tree in which every protected file is ciphertext. */
  async #seal(seal: WorkTreeSeal, { config, head }: RepositoryFacts) {
    const before = await seal.entries()
    let entries = before
    refuseUnmerged(entries)
    const gitDirs = [this.#repo.commonDir, this.#repo.gitDir]
    // Both are configured as a rule; then git may clean before it is known what, and is at work meanwhile.
    const configured = DRIVERS.every((driver) => isConfigured(config, driver))
    const early = configured ? seal.update(entries) : null
    early?.catch(() => {})
    const asked = new KnownAttributes(this.#place.attributes).drivers({
      entries,
      git: this.#git,
      config,
      gitDirs,
    })
    if (!configured) requireFilter(config, new Set((await asked).values()))
    const [drivers, changed] = await Promise.all([asked, early ?? seal.update(entries)])
    if (changed) entries = await seal.entries()
    const verified = new VerifiedBlobs(this.#place.dir)
    const ofDriver = (all: readonly FlaggedEntry[]) => all.filter(({ path }) => drivers.has(path))
    let protectedEntries = ofDriver(entries)
    refuseLinks(protectedEntries)
    const blobs = (all: readonly FlaggedEntry[]) => all.filter(({ mode }) => mode !== '160000')
    const open = await verified.unsealed(blobs(protectedEntries), this.#checkout.git)
    if (open.length > 0) {
      await seal.renormalize(open.map(({ path }) => path))
      entries = await seal.entries()
      protectedEntries = ofDriver(entries)
      const left = await verified.unsealed(blobs(protectedEntries), this.#checkout.git)
      // `path:` flakes copy the twin's objects, too.
      this.#checkout.forget([...open, ...left].map(({ oid }) => oid))
      if (left.length > 0) throw notCiphertext(left[0]?.path as BytePath)
    }
    if (!seal.isAsKept) {
      const former = [...before, ...(head === null ? [] : await seal.former(head))]
      const opened = await openedFiles(former, entries, drivers, this.#checkout.git)
      this.#checkout.forget(opened.map(({ oid }) => oid))
      if (opened.length > 0) throw notProtected(opened[0]?.path as BytePath)
    }
    const lost = await lostSecrets(this.#repo, this.#git, entries, drivers)
    this.#checkout.forget(lost.map(({ oid }) => oid))
    if (lost.length > 0) throw noSecretAnyMore(lost[0]?.path as BytePath)
    return { entries, drivers, verified, protectedEntries, tree: await seal.tree() }
  }

  /** @returns the paths that are protected and ciphertext */
  #verify(
    { entries, drivers }: { entries: readonly FlaggedEntry[]; drivers: ReadonlyMap<BytePath, Driver> },
    there: ReadonlyMap<BytePath, Driver>,
    open: readonly OpenFile[],
  ): BytePath[] {
    const allowed = new Set(open.map(({ path }) => path))
    const submodules = new Set(entries.filter(({ mode }) => mode === '160000').map(({ path }) => path))
    const sealed = [...new Set([...drivers.keys(), ...there.keys()])].filter(
      (path) => !allowed.has(path) && !submodules.has(path),
    )
    const wrong = sealed.find((path) => {
      return !holdsNoPlaintext(shapeOfFile(this.#place.tree, path))
    })
    if (wrong === undefined) return sealed
    this.#checkout.discard()
    throw notCiphertext(wrong)
  }

  /** Removes what killed runs left, and a twin that has become large. */
  #sweep(): void {
    for (const name of namesIn(this.#place.dir)) {
      if (/^(old-|seal-\d+\.|.*\.tmp$)/.test(name))
        rmSync(join(this.#place.dir, name), { recursive: true, force: true })
    }
    if (namesIn(join(this.#place.gitDir, 'objects/17')).length > MANY_OBJECTS) this.#checkout.discard()
  }
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch {
    return []
  }
}

/** Reading a policy takes time, and few speak of this. A word that is written with escapes is missed: ciphertext. */
function mayOpen(top: string): boolean {
  try {
    return readFileSync(join(top, POLICY_FILE)).includes('plaintext')
  } catch {
    return true
  }
}
