import { join } from 'node:path'
import { type Repository, requireWorkTree } from '../git/repository.ts'

/**
 * Where the twin of a work tree is. That of a linked one lies in git's own directory for it, as its lock state does:
 * it dies with the worktree.
 *
 * `path:` flakes copy `.git` to the store, and so all of this. It holds ciphertext and names, no key and no hash of a
 * secret. Plaintext is in it only where the owner of a file said that it may enter the store (`store = "plaintext"`).
 */
export interface TwinPlace {
  readonly dir: string
  /** The checkout, with a `.git` of its own. */
  readonly tree: string
  /** Its git directory. */
  readonly gitDir: string
  /** The index by which the work tree is sealed. */
  readonly sealIndex: string
  /** What git said of attributes: here, and in the twin. */
  readonly attributes: string
  readonly attributesThere: string
  /** Locks, by number. */
  readonly locks: string
  /** Who uses the twin. */
  readonly users: string
}

/** @throws NixsecretError `usage` in a bare repository */
export function twinPlace(repo: Repository): TwinPlace {
  requireWorkTree(repo)
  const linked = repo.gitDir !== repo.commonDir
  const dir = linked ? join(repo.gitDir, 'nixsecret', 'twin') : join(repo.stateDir, 'twin')
  const tree = join(dir, 'tree')
  return {
    dir,
    tree,
    gitDir: join(tree, '.git'),
    sealIndex: join(dir, 'seal-index'),
    attributes: join(dir, 'attributes.json'),
    attributesThere: join(dir, 'attributes-there.json'),
    locks: join(dir, 'locks'),
    users: join(dir, 'users'),
  }
}
