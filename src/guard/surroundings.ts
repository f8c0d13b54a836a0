import { type BytePath, textPath } from '../byte-path.ts'
import type { NixTarget } from '../nix/facts.ts'
import { storeOf } from '../policy/readers-of.ts'
import { BlobShapes } from './blob-shapes.ts'
import { type Entry, isFile } from './entry.ts'
import type { Inspection } from './inspection.ts'
import { isPublicKey } from './public-key.ts'
import type { TreeLine } from './tree-state.ts'

/** A protected file that an expression reads. */
export interface ProtectedRead {
  readonly path: BytePath
  /** Not null where the expression takes a whole directory, of which this is one file. */
  readonly directory: BytePath | null
}

const FLAKE = textPath('flake.nix')
const DEFAULT = 'default.nix'
const MAX_LOOK = 16 << 20

/** What the commit of a Nix file has at the paths that the file names. */
export class Surroundings {
  readonly #inspection: Inspection
  /** Its own: what it looks at is not protected, and not to be counted as such. */
  readonly #shapes: BlobShapes

  constructor(inspection: Inspection) {
    this.#inspection = inspection
    this.#shapes = new BlobShapes(inspection.objects)
  }

  /** The target, if it is a tracked file with plaintext in it that may be a secret, and no attribute protects it. */
  async openFile(entry: Entry, target: NixTarget): Promise<BytePath | null> {
    const path = await this.#resolve(entry, target)
    const line = path === null ? undefined : (await this.#lines(entry)).get(path)
    if (path === null || line === undefined || !isFile(line)) return null
    if ((await entry.state.group.drivers([path])).has(path)) return null
    const shape = await this.#shapes.look(line.oid)
    if (shape.kind === 'age' || shape.kind === 'empty') return null
    const blob = await this.#inspection.objects.getUpTo(line.oid, MAX_LOOK)
    if (blob === null) return null
    const { foreignCiphertext } = await import('./content/foreign-ciphertext.ts')
    return isPublicKey(blob.content) || foreignCiphertext(path, blob.content) !== null ? null : path
  }

  /**
   * The protected file that a target is, or has below it: one that is plaintext in an open work tree, and that the
   * policy does not let into the store.
   * @param how an `import` of a directory takes its `default.nix` alone
   */
  async protectedBelow(entry: Entry, target: NixTarget, how: string): Promise<ProtectedRead | null> {
    if (!entry.state.group.protects) return null
    const path = await this.#resolve(entry, target)
    if (path === null) return null
    const lines = await this.#lines(entry)
    if (lines.has(path)) {
      const [read] = await this.#secrets(entry, [path])
      return read === undefined ? null : { path: read, directory: null }
    }
    const prefix = path === '' ? '' : `${path}/`
    if (/^(import|callPackage|scopedImport|imports)\b/.test(how)) {
      const module = `${prefix}${DEFAULT}` as BytePath
      const [read] = lines.has(module) ? await this.#secrets(entry, [module]) : []
      return read === undefined ? null : { path: read, directory: null }
    }
    const below = [...lines.keys()].filter((name) => name.startsWith(prefix))
    const [read] = await this.#secrets(entry, below)
    return read === undefined ? null : { path: read, directory: path === '' ? textPath('.') : path }
  }

  async #secrets({ state }: Entry, paths: readonly BytePath[]): Promise<BytePath[]> {
    const drivers = await state.group.drivers(paths)
    // Sealed files are ciphertext in the work tree too.
    const open = paths.filter((path) => drivers.get(path) === 'nixsecret')
    const at = await this.#inspection.policies.at(state.policy)
    return 'policy' in at ? open.filter((path) => storeOf(at.policy, path) !== 'plaintext') : open
  }

  async #lines({ commit }: Entry): Promise<ReadonlyMap<BytePath, TreeLine>> {
    return this.#inspection.treeByPath(commit)
  }

  async #resolve(entry: Entry, { base, path }: NixTarget): Promise<BytePath | null> {
    const start = base === 'file' ? directoryOf(entry.path) : await this.#flakeAbove(entry)
    const parts: string[] = start === '' ? [] : start.split('/')
    for (const part of path.split('/')) {
      if (part === '' || part === '.') continue
      if (part !== '..') parts.push(part)
      else if (parts.pop() === undefined) return null
    }
    return parts.join('/') as BytePath
  }

  /** The directory of the flake that a file belongs to; the top where there is none. */
  async #flakeAbove(entry: Entry): Promise<string> {
    const lines = await this.#lines(entry)
    for (let dir = directoryOf(entry.path); dir !== ''; dir = directoryOf(dir)) {
      if (lines.has(`${dir}/${FLAKE}` as BytePath)) return dir
    }
    return ''
  }
}

function directoryOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}
