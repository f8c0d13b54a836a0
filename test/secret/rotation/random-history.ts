import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import type { AgeIdentity } from '../../../src/age/identity.ts'
import { parseRecipient } from '../../../src/age/recipient.ts'
import { prepareHeader, sealBytes } from '../../../src/age/seal.ts'
import { parsePublicKey } from '../../../src/age/ssh/public-key.ts'
import { sshIdentity } from '../../../src/age/ssh/ssh-identity.ts'
import { x25519Identity } from '../../../src/age/x25519-identity.ts'
import { policyFrom } from '../../../src/blob/policy-from.ts'
import { readersFor } from '../../../src/blob/readers.ts'
import { sealSops } from '../../../src/blob/sops-files.ts'
import { type BytePath, textPath } from '../../../src/byte-path.ts'
import type { FastImport } from '../../support/fast-import.ts'

export const ATTRIBUTES = 'secrets/** filter=nixsecret diff=nixsecret merge=nixsecret -text\n'

/** Somebody's key, both halves. */
export interface TestKey {
  readonly identity: AgeIdentity
  readonly recipient: string
  /** For an identity file; null for an SSH key. */
  readonly secret: string | null
}

/** A key of age's own. */
export function ageKey(secret: string, scalar: Buffer): TestKey {
  const identity = x25519Identity(scalar, 'test')
  return { identity, recipient: identity.recipient as string, secret }
}

/** A key of SSH's. */
export function sshKey(): TestKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32)
  const text = Buffer.from('ssh-ed25519')
  const blob = Buffer.concat([Buffer.of(0, 0, 0, text.length), text, Buffer.of(0, 0, 0, 32), point])
  const parsed = parsePublicKey(blob)
  if (typeof parsed === 'string' || parsed.type !== 'ssh-ed25519') throw new Error('no key')
  const identity = sshIdentity({ type: 'ssh-ed25519', seed, publicKey: parsed }, 'test')
  return { identity, recipient: identity.recipient as string, secret: null }
}

/** Numbers that a seed decides. */
export class Dice {
  #state: Buffer
  constructor(seed: string) {
    this.#state = createHash('sha256').update(seed).digest()
  }
  below(n: number): number {
    this.#state = createHash('sha256').update(this.#state).digest()
    return this.#state.readUInt32BE() % n
  }
  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T
  }
}

/** What histories are made of. */
export interface HistoryOptions {
  readonly people: readonly TestKey[]
  /** Reads everything: from the first commit on, or from the 20th. */
  readonly me: TestKey
  readonly meFrom: number
  /** Whether there are files of another tool, SOPS documents, plaintext. */
  readonly foreign: boolean
  readonly documents: boolean
  readonly plaintext: boolean
  readonly commits: number
}

interface Tree {
  /** Name → key. */
  readonly names: Readonly<Record<string, string>>
  readonly all: readonly string[]
  readonly few: readonly string[]
  /** Whether attributes are there. */
  readonly attributes: boolean
  readonly files: ReadonlyMap<string, Uint8Array>
}

const PATHS = [
  'secrets/a',
  'secrets/b',
  'secrets/few/c',
  'secrets/few/d',
  'secrets/e.yaml',
  'secrets/few/f.yaml',
]

/** Makes a history of commits, merges, renames, reverts, deletions and rekeys that a seed decides. */
export class RandomHistory {
  readonly #dice: Dice
  readonly #git: FastImport
  readonly #options: HistoryOptions
  readonly #heads: { ref: string; mark: number; tree: Tree }[] = []
  readonly #plaintexts: string[] = []
  readonly #blobs: { path: string; blob: Uint8Array }[] = []
  #count = 0

  constructor(seed: string, git: FastImport, options: HistoryOptions) {
    this.#dice = new Dice(seed)
    this.#git = git
    this.#options = options
  }

  /** @returns the ref that has the last commit */
  async make(): Promise<string> {
    const { people, commits } = this.#options
    const names = Object.fromEntries(people.slice(0, 4).map(({ recipient }, i) => [`p${i}`, recipient]))
    const first: Tree = {
      names,
      all: ['p0', 'p1', 'p2'],
      few: ['p0'],
      attributes: this.#dice.below(3) > 0,
      files: new Map(),
    }
    await this.#commit('refs/heads/main', [], first)
    while (this.#count < commits) await this.#step()
    return this.#heads[0]?.ref as string
  }

  async #step(): Promise<void> {
    const head = this.#dice.of(this.#heads)
    const roll = this.#dice.below(12)
    if (roll === 0 && this.#heads.length < 5) {
      await this.#commit(`refs/heads/b${this.#count}`, [head.mark], await this.#change(head.tree))
    } else if (roll === 1 && this.#heads.length > 1) await this.#merge(head)
    else await this.#commit(head.ref, [head.mark], await this.#change(head.tree))
  }

  async #merge(head: { ref: string; mark: number; tree: Tree }): Promise<void> {
    const others = this.#heads.filter((other) => other !== head).slice(0, 1 + this.#dice.below(2))
    const sides = [head, ...others]
    const files = new Map<string, Uint8Array>()
    for (const path of PATHS) {
      const blob = this.#dice.of(sides).tree.files.get(path)
      if (blob !== undefined) files.set(path, blob)
    }
    const tree = { ...this.#dice.of(sides).tree, files }
    const mixed = this.#dice.below(3) === 0 ? await this.#change(tree) : tree
    await this.#commit(
      head.ref,
      sides.map(({ mark }) => mark),
      mixed,
    )
    // Merged branches are gone, as they are in life; a tag keeps some.
    for (const other of others)
      if (this.#dice.below(2) === 0) this.#heads.splice(this.#heads.indexOf(other), 1)
  }

  async #commit(ref: string, parents: number[], tree: Tree): Promise<void> {
    const files = new Map<string, Uint8Array | string | null>([['nixsecret.toml', this.#policy(tree)]])
    files.set('.gitattributes', tree.attributes ? ATTRIBUTES : null)
    for (const path of PATHS) files.set(path, tree.files.get(path) ?? null)
    const time = 1_700_000_000 + this.#count++ * 60
    const mark = await this.#git.commit({ ref, parents, files, time })
    const head = this.#heads.find((known) => known.ref === ref)
    if (head === undefined) this.#heads.push({ ref, mark, tree })
    else Object.assign(head, { mark, tree })
  }

  async #change(tree: Tree): Promise<Tree> {
    const { documents, foreign, plaintext, people } = this.#options
    const dice = this.#dice
    const path = dice.of(PATHS)
    const files = new Map(tree.files)
    const set = (next: Tree, at: string, blob: Uint8Array) => ({
      ...next,
      files: new Map(next.files).set(at, blob),
    })
    const roll = dice.below(16)
    if (roll < 3) return set(tree, path, await this.#seal(tree, path, this.#fresh()))
    if (roll === 3)
      return set(tree, path, await this.#seal(tree, path, dice.of([this.#fresh(), ...this.#plaintexts])))
    if (roll === 4 && this.#blobs.length > 0) {
      const { blob, path: from } = dice.of(this.#blobs)
      return set(tree, from, blob)
    }
    if (roll === 5 || roll === 6) return this.#rekey(tree)
    if (roll === 7) {
      files.delete(path)
      return { ...tree, files }
    }
    if (roll === 8 || roll === 9) return this.#rename(tree, path, roll === 9)
    if (roll === 10) return { ...tree, all: this.#subset(tree) }
    if (roll === 11) return { ...tree, few: this.#subset(tree) }
    if (roll === 12)
      return {
        ...tree,
        names: { ...tree.names, [dice.of(Object.keys(tree.names))]: dice.of(people).recipient },
      }
    if (roll === 13 && foreign) return set(tree, path, await this.#seal(tree, path, this.#fresh(), true))
    if (roll === 14 && plaintext)
      return set(tree, path, Buffer.from(dice.of([this.#fresh(), ...this.#plaintexts])))
    if (roll === 15 && documents) {
      const at = dice.of(PATHS.filter((name) => name.endsWith('.yaml')))
      return set(tree, at, await this.#document(tree, at, dice.of([this.#fresh(), ...this.#plaintexts])))
    }
    return { ...tree, attributes: true }
  }

  #subset(tree: Tree): string[] {
    const names = Object.keys(tree.names).filter(() => this.#dice.below(2) === 0)
    return names.length === 0 ? ['p0'] : names
  }

  async #rekey(tree: Tree): Promise<Tree> {
    const files = new Map<string, Uint8Array>()
    for (const [path, blob] of tree.files) {
      const text = this.#texts.get(blob)
      files.set(path, text === undefined ? blob : await this.#seal(tree, path, text))
    }
    return { ...tree, files }
  }

  async #rename(tree: Tree, from: string, reseal: boolean): Promise<Tree> {
    const blob = tree.files.get(from)
    if (blob === undefined) return tree
    const to = this.#dice.of(PATHS.filter((path) => path.endsWith('.yaml') === from.endsWith('.yaml')))
    const files = new Map(tree.files)
    files.delete(from)
    const text = this.#texts.get(blob)
    files.set(to, reseal && text !== undefined ? await this.#seal(tree, to, text) : blob)
    return { ...tree, files }
  }

  /** Plaintexts of blobs that were sealed. */
  readonly #texts = new Map<Uint8Array, string>()

  #fresh(): string {
    // Few sizes, so that sizes alone tell little; YAML in each, as a document would write it.
    const text = `key: ${'v'.repeat(this.#dice.below(2))}${randomBytes(4).toString('hex')}z\n`
    this.#plaintexts.push(text)
    return text
  }

  async #seal(tree: Tree, path: string, text: string, foreign = false): Promise<Uint8Array> {
    const readers = this.#readers(tree, path)
    const header = await prepareHeader(readers.recipients, foreign ? [] : [readers.stanza])
    return this.#remember(path, text, sealBytes(header, Buffer.from(text)))
  }

  async #document(tree: Tree, path: string, text: string): Promise<Uint8Array> {
    const readers = this.#readers(tree, path)
    const nothing = { documents: [], identities: [] }
    return this.#remember(path, text, await sealSops(textPath(path), Buffer.from(text), readers, nothing))
  }

  #remember(path: string, text: string, blob: Uint8Array): Uint8Array {
    this.#texts.set(blob, text)
    this.#blobs.push({ path, blob })
    return blob
  }

  #readers(tree: Tree, path: string) {
    return readersFor(policyFrom(this.#policy(tree)), textPath(path))
  }

  #policy({ names, all, few }: Tree): string {
    const me = this.#count >= this.#options.meFrom ? ['me'] : []
    const recipients = Object.entries(names).map(([name, key]) => `${name} = "${key}"\n`)
    const to = (list: readonly string[]) => JSON.stringify([...list, ...me])
    const format = this.#options.documents ? '[[rule]]\npaths = ["/none.yaml"]\nformat = "sops"\n' : ''
    return `version = 1\n[recipients]\n${recipients.join('')}me = "${this.#options.me.recipient}"\n[default]\nto = ${to(all)}\n[[rule]]\npaths = ["/secrets/few/**"]\nto = ${to(few)}\n${format}`
  }
}

/** The canonical keys that a policy lets read a path. */
export function keysOf(policy: string, path: BytePath): Set<string> {
  return new Set(readersFor(policyFrom(policy), path).recipients.map(({ canonical }) => canonical))
}

export { parseRecipient }
