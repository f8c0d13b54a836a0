import type { NixFact, NixTarget } from './facts.ts'

interface Ranked {
  readonly fact: NixFact
  readonly rank: number
}

/** Gathers facts: one a literal and use, though names may lead to it by many ways. */
export class FactCollector {
  readonly #secrets = new Map<number, Ranked>()
  /** By offset of the path literal, then by what is said of it. */
  readonly #uses = new Map<number, Map<string, Ranked>>()
  /** Paths that only stand there, as in `let f = ./x;`: facts if no use of theirs is found. */
  readonly #bare = new Map<number, NixFact>()
  /** By place, then by what they show; null for what is not known. */
  readonly #commands = new Map<string, Map<string | null, NixFact>>()
  readonly #others = new Map<string, NixFact>()

  /** @param rank how much the option says: more replaces less */
  secret(offset: number, option: string, hash: boolean, rank: number): void {
    const known = this.#secrets.get(offset)
    const fact = { kind: 'inline-secret', offset, option, hash } as const
    // Of two equal ways to a literal the longer one tells more.
    if (known === undefined || known.rank < rank || (known.rank === rank && isLonger(fact, known.fact)))
      this.#secrets.set(offset, { fact, rank })
  }

  /** @param rank as of `secret` */
  fileOption(offset: number, option: string, { base, path }: NixTarget, rank: number): void {
    this.#use(`file ${path}`, { kind: 'file-option', offset, option, target: { base, path } }, rank)
  }

  read(offset: number, how: string, { base, path }: NixTarget): void {
    this.#use(`read ${path}`, { kind: 'eval-read', offset, how, target: { base, path } }, 1)
  }

  bare(offset: number, how: string, { base, path }: NixTarget): void {
    if (!this.#bare.has(offset))
      this.#bare.set(offset, { kind: 'eval-read', offset, how, target: { base, path } })
  }

  /** @param shows as of `EvalCommand` */
  command(offset: number, how: string, shows: NixTarget | null): void {
    const key = `${offset} ${how}`
    const known = this.#commands.get(key) ?? new Map<string | null, NixFact>()
    known.set(shows?.path ?? null, { kind: 'eval-command', offset, how, shows })
    this.#commands.set(key, known)
  }

  unreadable(offset: number, reason: string): void {
    this.#others.set('unreadable', { kind: 'unreadable', offset, reason })
  }

  /** In order of offset. */
  all(): readonly NixFact[] {
    const facts: NixFact[] = [...this.#secrets.values()].map(({ fact }) => fact)
    for (const uses of this.#uses.values()) facts.push(...best(uses))
    for (const [offset, fact] of this.#bare) if (!this.#uses.has(offset)) facts.push(fact)
    for (const shown of this.#commands.values()) {
      const unknown = shown.get(null)
      facts.push(...(unknown === undefined ? shown.values() : [unknown]))
    }
    facts.push(...this.#others.values())
    return facts.sort((a, b) => a.offset - b.offset)
  }

  #use(key: string, fact: NixFact, rank: number): void {
    const uses = this.#uses.get(fact.offset) ?? new Map<string, Ranked>()
    if (rank > (uses.get(key)?.rank ?? -1)) uses.set(key, { fact, rank })
    this.#uses.set(fact.offset, uses)
  }
}

/** What an unknown set says of a path counts only if nothing better is known of the same path. */
function best(uses: ReadonlyMap<string, Ranked>): NixFact[] {
  const better = new Set([...uses.values()].flatMap(({ fact, rank }) => (rank > 0 ? [pathOf(fact)] : [])))
  return [...uses.values()].flatMap(({ fact, rank }) => (rank > 0 || !better.has(pathOf(fact)) ? [fact] : []))
}

function pathOf(fact: NixFact): string | null {
  return 'target' in fact ? fact.target.path : null
}

function isLonger({ option }: { readonly option: string }, than: NixFact): boolean {
  return than.kind === 'inline-secret' && option.length > than.option.length
}
