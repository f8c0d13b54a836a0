import type { BytePath } from '../byte-path.ts'
import type { CatFile } from '../git/cat-file.ts'
import type { NixFact } from '../nix/facts.ts'
import type { Hit } from './content/placed-hit.ts'

/** What a file's content has that content rules ask for. */
export interface Contents {
  readonly hits: readonly Hit[]
  /** Of a Nix file; empty for all others. */
  readonly facts: readonly Placed<NixFact>[]
}

/** Something with its line and column, both from 1. */
export interface Placed<T> {
  readonly fact: T
  readonly line: number
  readonly column: number
}

const NOTHING: Contents = { hits: [], facts: [] }
// Larger files are looked at in pieces that overlap: no key is longer than the overlap.
const PIECE = 8 << 20
const OVERLAP = 64 << 10

/** Where blobs come from. */
export interface BlobReader extends Pick<CatFile, 'getUpTo'> {
  /** A large blob piece by piece. */
  pieces(oid: string): AsyncIterable<Buffer>
}

/** Reads files that nothing protects: keys and credentials in them, and what Nix files put in the store. */
export class ContentLook {
  readonly #reader: BlobReader
  readonly #known = new Map<string, Promise<Contents>>()

  constructor(reader: BlobReader) {
    this.#reader = reader
  }

  /** How many distinct files were read. */
  get size(): number {
    return this.#known.size
  }

  /** @returns nothing where the blob is not here */
  at(path: BytePath, oid: string): Promise<Contents> {
    const key = isNix(path) ? `${oid} nix` : oid
    let contents = this.#known.get(key)
    if (contents === undefined) {
      contents = this.#read(path, oid)
      this.#known.set(key, contents)
    }
    return contents
  }

  async #read(path: BytePath, oid: string): Promise<Contents> {
    const blob = await this.#reader.getUpTo(oid, PIECE)
    if (blob === null || blob.size === 0) return NOTHING
    const hits = blob.size > PIECE ? await this.#readLarge(path, oid) : await scan(path, blob.content)
    const facts = isNix(path) ? await readNix(blob.content) : []
    return hits.length === 0 && facts.length === 0 ? NOTHING : { hits, facts }
  }

  async #readLarge(path: BytePath, oid: string): Promise<Hit[]> {
    const hits = new Map<string, Hit>()
    let window = Buffer.alloc(0)
    let line = 0
    const look = async () => {
      for (const hit of await scan(path, window)) {
        const placed = { ...hit, line: hit.line + line }
        hits.set(`${placed.rule} ${placed.what} ${placed.line}`, placed)
      }
    }
    for await (const piece of this.#reader.pieces(oid)) {
      window = Buffer.concat([window, piece])
      if (window.length < PIECE) continue
      await look()
      const keep = window.subarray(window.length - OVERLAP)
      line += newlines(window.subarray(0, window.length - OVERLAP))
      window = Buffer.from(keep)
    }
    await look()
    return [...hits.values()]
  }
}

async function scan(path: BytePath, content: Buffer): Promise<Hit[]> {
  const { scanContent } = await import('./content/scan-content.ts')
  return scanContent(path, content)
}

async function readNix(content: Buffer): Promise<Placed<NixFact>[]> {
  const [{ nixFacts }, { placeOf }] = await Promise.all([
    import('../nix/nix-facts.ts'),
    import('./content/place.ts'),
  ])
  return nixFacts(content.toString('latin1')).map((fact) => ({ fact, ...placeOf(content, fact.offset) }))
}

function newlines(bytes: Buffer): number {
  let count = 0
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) count++
  return count
}

/** Whether Nix would evaluate a file of this name. */
export function isNix(path: BytePath): boolean {
  return path.endsWith('.nix')
}
