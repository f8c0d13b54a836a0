import type { BlobShape } from '../../age/inspect.ts'
import { type BytePath, baseName, displayPath } from '../../byte-path.ts'
import type { Draft } from '../finding.ts'

/** An age file or SOPS document of a parent. */
export interface Ciphertext {
  readonly path: BytePath
  /** Null where that does not show. */
  readonly plaintextSize: number | null
}

/** A file that a commit brings to a path that nothing protects. */
export interface OpenFile {
  readonly path: BytePath
  readonly shape: BlobShape
  /** In bytes. */
  readonly size: number
}

// What lies beside a secret of the same name and is none: the module that uses it, the public half of a key.
const BESIDE = /\.(nix|pub)$/

/**
 * Ciphertext in a parent, plaintext now, and no attribute protects its path: moved out of the pattern, attribute
 * removed. A file that was moved is known by its name, or by its size, which that of the ciphertext tells. Without a
 * key there is nothing to know it by if it was renamed and edited in the same commit.
 */
export const protectionDropped = {
  id: 'protection-dropped' as const,
  /** @param was ciphertext at the same path, or ciphertext that is gone where the file is new */
  judge({ path, shape, size }: OpenFile, was: readonly Ciphertext[]): Draft | null {
    if (shape.kind !== 'plaintext') return null
    const draft = (message: string, from?: BytePath): Draft => ({
      severity: 'error',
      message: `${message}: no attribute of this tree protects it here`,
      remedy: 'protect',
      ...(from === undefined ? {} : { from }),
    })
    if (was.some((file) => file.path === path))
      return draft('this file was ciphertext in a parent and is plaintext in git now')
    const gone = was.filter(({ plaintextSize }) => plaintextSize !== 0)
    const named = gone.find((file) => similarName(file.path, path))
    const found = named ?? gone.find(({ plaintextSize }) => plaintextSize === size)
    if (found === undefined) return null
    const alike = found.plaintextSize === size ? 'as long as what that held' : 'of the same name'
    return draft(
      `plaintext, new, ${alike}, while the ciphertext ${displayPath(found.path)} is gone`,
      found.path,
    )
  },
}

/** A path that attributes protected before, and none does now: at it ciphertext that stays, or plaintext that is new. */
export function lapsed(isCiphertext: boolean): Draft {
  const message = isCiphertext
    ? 'this file is ciphertext still, but no attribute protects its path any more: what is added next is stored as plaintext'
    : 'this file is new, and plaintext, at a path that attributes of a parent would have git encrypt, and these do not'
  return { severity: 'warning', message, remedy: isCiphertext ? 'protect-again' : 'protect' }
}

/** Whether a file would be called so after a move: the same base name, or an extension more or less. */
export function similarName(before: BytePath, after: BytePath): boolean {
  const [old, now] = [baseName(before), baseName(after)]
  return old === now || stem(old) === now || (old === stem(now) && !BESIDE.test(now))
}

function stem(name: string): string {
  const dot = name.lastIndexOf('.')
  return dot > 0 ? name.slice(0, dot) : name
}
