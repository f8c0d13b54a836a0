import type { TreeLine } from '../blob/tree-state.ts'
import { type BytePath, pathBytes, textPath } from '../byte-path.ts'
import type { NixTarget } from '../nix/facts.ts'
import { BlobShapes } from './blob-shapes.ts'
import { isHardwareIdentity } from './content/age-identities.ts'
import { type Entry, isFile } from './entry.ts'
import type { Inspection } from './inspection.ts'
import { isForeignCiphertext } from './is-foreign-ciphertext.ts'
import { isPublicKey } from './public-key.ts'

/** A protected file that an expression reads. */
export interface ProtectedRead {
  readonly path: BytePath
  /** Not null where the expression takes a whole directory, of which this is one file. */
  readonly directory: BytePath | null
}

const FLAKE = textPath('flake.nix')
const DEFAULT = 'default.nix'
// Of a directory these read `default.nix` alone.
const IMPORTS = /^(import|callPackage|builtins\.scopedImport)$/
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
    const found = path === null ? null : await this.#find(entry, path)
    if (path === null || found?.type !== 'blob') return null
    if ((await entry.state.group.drivers([path])).has(path)) return null
    const shape = await this.#shapes.look(found.oid)
    if (shape.kind === 'age' || shape.kind === 'empty') return null
    const blob = await this.#inspection.objects.getUpTo(found.oid, MAX_LOOK)
    if (blob === null || isPublicKey(blob.content)) return null
    if (isHardwareIdentity(blob.content)) return null
    if (await isForeignCiphertext(this.#inspection.objects, path, found.oid)) return null
    // Where a symlink leads is no secret.
    const line = (await this.#lines(entry)).get(path)
    return line !== undefined && isFile(line) ? path : null
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
    const found = path === '' ? { type: 'tree' } : await this.#find(entry, path)
    if (found === null) return null
    if (found.type === 'blob') return this.#secretAt(entry, path)
    const prefix = path === '' ? '' : `${path}/`
    if (IMPORTS.test(how)) {
      const module = `${prefix}${DEFAULT}` as BytePath
      return (await this.#find(entry, module)) === null ? null : this.#secretAt(entry, module)
    }
    const below = [...(await this.#lines(entry)).keys()].filter((name) => name.startsWith(prefix))
    const [read] = await this.#secrets(entry, below)
    return read === undefined ? null : { path: read, directory: path === '' ? textPath('.') : path }
  }

  /** The file that a target is, and whether the policy lets its plaintext into the store; null for none in here. */
  async secretShown(entry: Entry, target: NixTarget): Promise<{ path: BytePath; allowed: boolean } | null> {
    const path = await this.#resolve(entry, target)
    if (path === null || path === '') return null
    const at = await this.#inspection.policies.at(entry.state.policy)
    const allowed = 'policy' in at && (await this.#inspection.letsIntoStore(at.policy, path))
    return { path, allowed }
  }

  async #secretAt(entry: Entry, path: BytePath): Promise<ProtectedRead | null> {
    const [read] = await this.#secrets(entry, [path])
    return read === undefined ? null : { path: read, directory: null }
  }

  async #secrets({ state }: Entry, paths: readonly BytePath[]): Promise<BytePath[]> {
    const drivers = await state.group.drivers(paths)
    // Sealed files are ciphertext in the work tree too.
    const open = paths.filter((path) => drivers.get(path) === 'nixsecret')
    const at = await this.#inspection.policies.at(state.policy)
    if (!('policy' in at)) return open
    const shut: BytePath[] = []
    for (const path of open) if (!(await this.#inspection.letsIntoStore(at.policy, path))) shut.push(path)
    return shut
  }

  /**
   * What the entry's commit has at a path. Git is asked for the one path; but of a partial clone it would fetch the
   * blob, to tell its size.
   */
  async #find(entry: Entry, path: BytePath): Promise<{ type: string; oid: string } | null> {
    const { catFile, objects } = this.#inspection
    if (entry.commit !== null && (await objects.promisors()).length === 0)
      return catFile.info(Buffer.concat([Buffer.from(`${entry.commit}:`), pathBytes(path)]))
    const lines = await this.#lines(entry)
    const line = lines.get(path)
    if (line !== undefined) return { type: 'blob', oid: line.oid }
    for (const name of lines.keys()) if (name.startsWith(`${path}/`)) return { type: 'tree', oid: '' }
    return null
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
    for (let dir = directoryOf(entry.path); dir !== ''; dir = directoryOf(dir)) {
      if ((await this.#find(entry, `${dir}/${FLAKE}` as BytePath)) !== null) return dir
    }
    return ''
  }
}

function directoryOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}
