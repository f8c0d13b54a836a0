import { execFileSync } from 'node:child_process'
import { openFile } from '../../../src/blob/open-file.ts'
import { type BytePath, textPath } from '../../../src/byte-path.ts'
import { keysOf, type TestKey } from './random-history.ts'

/** A commit, read by git itself. */
export interface PlainCommit {
  readonly oid: string
  readonly parents: readonly string[]
  readonly policy: string
  /** Protected files, by path. */
  readonly files: ReadonlyMap<string, string>
}

/** All that is true of a small history, found out the slow way: every blob of every commit, with everybody's real key. */
export class PlainReference {
  readonly commits = new Map<string, PlainCommit>()
  readonly head: PlainCommit
  readonly #objects = new Map<string, Buffer>()
  /** `OID PATH` → canonical key → plaintext; of plaintext in git `''`. */
  readonly opened = new Map<string, Map<string, string>>()

  private constructor(dir: string, env: Record<string, string>) {
    const git = (...args: string[]) => execFileSync('git', args, { cwd: dir, env, maxBuffer: 1 << 28 })
    const all = git('cat-file', '--batch', '--batch-all-objects')
    for (let at = 0; at < all.length; ) {
      const end = all.indexOf(10, at)
      const [oid = '', , size] = all.toString('latin1', at, end).split(' ')
      this.#objects.set(oid, all.subarray(end + 1, end + 1 + Number(size)))
      at = end + Number(size) + 2
    }
    for (const line of git('rev-list', '--all', '--parents').toString().split('\n').filter(Boolean)) {
      const [oid = '', ...parents] = line.split(' ')
      const root = /^tree ([0-9a-f]+)/.exec(this.object(oid).toString('latin1'))?.[1] as string
      const tree = new Map(this.#files(root, ''))
      const policy = this.object(tree.get('nixsecret.toml') as string).toString()
      const isProtected = (path: string) => path.startsWith('secrets/') && tree.has('.gitattributes')
      const files = new Map([...tree].filter(([path]) => isProtected(path)))
      this.commits.set(oid, { oid, parents, policy, files })
    }
    this.head = this.commits.get(git('rev-parse', 'HEAD').toString().trim()) as PlainCommit
  }

  /** https://git-scm.com/book/en/v2/Git-Internals-Git-Objects#_tree_objects */
  *#files(tree: string, above: string): Generator<[path: string, oid: string]> {
    const bytes = this.object(tree)
    for (let at = 0; at < bytes.length; ) {
      const end = bytes.indexOf(0, at)
      const [mode, name] = bytes.toString('latin1', at, end).split(' ')
      const oid = bytes.toString('hex', end + 1, end + 21)
      at = end + 21
      if (mode === '40000') yield* this.#files(oid, `${above}${name}/`)
      else yield [`${above}${name}`, oid]
    }
  }

  static async read(
    dir: string,
    env: Record<string, string>,
    keys: readonly TestKey[],
  ): Promise<PlainReference> {
    const reference = new PlainReference(dir, env)
    for (const { files } of reference.commits.values()) {
      for (const [path, oid] of files) {
        const place = `${oid} ${path}`
        if (!reference.opened.has(place)) reference.opened.set(place, await reference.#open(path, oid, keys))
      }
    }
    return reference
  }

  object(oid: string): Buffer {
    return this.#objects.get(oid) as Buffer
  }

  /** Plaintext of a file of HEAD, if any of the keys opens it. */
  plaintext(path: string): string | undefined {
    const oid = this.head.files.get(path)
    return [...(this.opened.get(`${oid} ${path}`)?.values() ?? [])][0]
  }

  /** `PATH KEY` of everything that is outstanding. */
  outstanding(): Set<string> {
    const found = new Set<string>()
    for (const path of this.head.files.keys()) {
      const plaintext = this.plaintext(path)
      if (plaintext === undefined) continue
      // Whoever reads the same elsewhere has lost nothing.
      const same = [...this.head.files.keys()].filter((other) => this.plaintext(other) === plaintext)
      const readers = new Set(same.flatMap((other) => [...keysOf(this.head.policy, textPath(other))]))
      for (const opened of this.opened.values())
        for (const [key, text] of opened)
          if (key !== '' && text === plaintext && !readers.has(key)) found.add(`${path} ${key}`)
    }
    return found
  }

  /** Paths of HEAD whose plaintext lies in some commit as it is. */
  exposed(): Set<string> {
    const plain = new Set([...this.opened.values()].map((opened) => opened.get('')))
    return new Set([...this.head.files.keys()].filter((path) => plain.has(this.plaintext(path) ?? 'none')))
  }

  mayRead(commit: string, key: string, paths: readonly BytePath[]): boolean {
    const { policy } = this.commits.get(commit) as PlainCommit
    return paths.some((path) => keysOf(policy, path).has(key))
  }

  async #open(path: string, oid: string, keys: readonly TestKey[]): Promise<Map<string, string>> {
    const blob = this.object(oid)
    const found = new Map<string, string>()
    for (const { identity, recipient } of keys) {
      const opened = await openFile(textPath(path), blob, [identity])
      if (opened.state === 'open') found.set(recipient, opened.plaintext.toString())
      if (opened.state === 'plaintext') found.set('', blob.toString())
    }
    return found
  }
}
