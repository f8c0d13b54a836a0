import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AgeIdentity } from '../../src/age/identity.ts'
import { parseIdentityFile } from '../../src/age/identity-file.ts'
import { openBlob } from '../../src/blob/open-blob.ts'
import type { Sandbox } from '../support/sandbox.ts'

/**
 * Tries private keys at everything in some repositories: all objects, reachable or not, loose and packed, those of a twin,
 * and files of ours below the git directory. What was tried once is not tried again.
 */
export class Burglar {
  readonly #box: Sandbox
  readonly #places: readonly string[]
  readonly #keys: ReadonlyMap<string, string>
  readonly #identities = new Map<string, readonly AgeIdentity[]>()
  readonly #seen = new Set<string>()
  readonly #opened = new Map<string, Set<string>>()

  /**
   * @param places work trees or bare repositories
   * @param keys files with private keys, by name
   */
  constructor(box: Sandbox, places: readonly string[], keys: ReadonlyMap<string, string>) {
    this.#box = box
    this.#places = places
    this.#keys = keys
  }

  /** The plaintexts that open, by the name of the key; of SOPS documents, that the data key does. */
  async open(): Promise<ReadonlyMap<string, readonly string[]>> {
    for (const [name, file] of this.#identities.size === 0 ? this.#keys : []) {
      this.#identities.set(name, await parseIdentityFile(readFileSync(file), file, async () => null))
      this.#opened.set(name, new Set())
    }
    for (const place of this.#places) {
      const dir = existsSync(join(place, '.git')) ? join(place, '.git') : place
      const stores = [join(dir, 'objects'), join(dir, 'nixsecret/twin/tree/.git/objects')]
      for (const store of stores.filter((path) => existsSync(path))) await this.#openStore(dir, store)
      const ours = join(dir, 'nixsecret')
      for (const path of existsSync(ours) ? this.#box.files(ours) : []) await this.#try(readFileSync(path))
    }
    return new Map([...this.#opened].map(([name, texts]) => [name, [...texts].sort()]))
  }

  async #openStore(dir: string, store: string): Promise<void> {
    const env = { GIT_OBJECT_DIRECTORY: store, GIT_DIR: dir }
    const args = ['cat-file', '--batch-all-objects', '--batch', '--unordered', '--buffer']
    const { stdout, code } = await this.#box.run('git', args, { env })
    if (code !== 0) throw new Error(`cannot list the objects of ${store}`)
    for (let at = 0; at < stdout.length; ) {
      const line = stdout.indexOf('\n', at)
      const [id = '', type = '', size = ''] = stdout.toString('latin1', at, line).split(' ')
      at = line + 1 + Number(size) + 1
      if (type === 'blob' && !this.#seen.has(id)) await this.#try(stdout.subarray(line + 1, at - 1))
      this.#seen.add(id)
    }
  }

  async #try(blob: Buffer): Promise<void> {
    const text = blob.toString('latin1')
    if (text.includes('age-encryption.org/v1'))
      await this.#tryFile(blob, (plaintext) => plaintext.toString('utf8'))
    // In documents of SOPS they are indented, or in JSON one line.
    for (const [block] of text.replaceAll('\\n', '\n').matchAll(ARMORED))
      await this.#tryFile(
        Buffer.from(`${block.replace(/\n[ \t]+/g, '\n')}\n`, 'latin1'),
        () => 'data key of SOPS',
      )
  }

  async #tryFile(file: Buffer, say: (plaintext: Buffer) => string): Promise<void> {
    for (const [name, identities] of this.#identities) {
      const opened = await openBlob(file, identities)
      if (opened.state === 'open') this.#opened.get(name)?.add(say(opened.plaintext))
    }
  }
}

const ARMORED = /-----BEGIN AGE ENCRYPTED FILE-----[\s\S]*?-----END AGE ENCRYPTED FILE-----/g
