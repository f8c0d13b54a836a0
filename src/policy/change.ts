import type { BytePath } from '../byte-path.ts'

/**
 * What somebody or something gains where one policy takes the place of another. What is lost is the same with the sides
 * swapped. Names, lines and patterns are untrusted: escape them.
 */
export type Change = ReaderChange | SettingChange | AllowChange | HostChange | UnprotectedChange | MovedChange

/** A public key reads more than before. */
export interface ReaderChange {
  readonly kind: 'reader'
  /** What the policy that gives it calls the key; empty where it has no name there any more. */
  readonly names: readonly string[]
  /** In canonical form. */
  readonly key: string
  /** Keys that the same names had on the other side, in canonical form: this one would take their place. */
  readonly instead: readonly string[]
  /** Protected files that git tracks. */
  readonly paths: readonly BytePath[]
  /** Of rules, where there may be files that do not exist yet; `/**` stands for everything. */
  readonly patterns: readonly string[]
}

/** `store`: plaintext may enter the Nix store; `format`: names of keys in a file become public (`sops`). */
export interface SettingChange {
  readonly kind: 'store' | 'format'
  readonly paths: readonly BytePath[]
  readonly patterns: readonly string[]
  readonly from: string
  readonly to: string
}

/** A `[[check.allow]]` silences a rule at more paths. */
export interface AllowChange {
  readonly kind: 'allow'
  readonly rule: string
  readonly patterns: readonly string[]
  readonly reason: string
}

/** A host that `deliver` sends to is new, or what goes there. */
export interface HostChange {
  readonly kind: 'host'
  readonly name: string
  /** `from` is null for what is new: the host, or one of its keys. */
  readonly fields: readonly { readonly field: string; readonly from: string | null; readonly to: string }[]
}

/** A line of `.gitattributes` that is gone, or one that came and may take protection away; or files that lost theirs. */
export interface UnprotectedChange {
  readonly kind: 'unprotected'
  /** Where plaintext may be then: in what git stores, or, of files that were to stay ciphertext there, in the work tree. */
  readonly opens: 'git' | 'work tree'
  readonly file: BytePath
  /** As it stands in the file, one character a byte; empty where only `paths` tell. */
  readonly line: string
  readonly gone: boolean
  /** Files that were protected and are not any more. */
  readonly paths: readonly BytePath[]
}

/** Ciphertext came to a path that lays it open to more than where it was. */
export interface MovedChange {
  readonly kind: 'moved'
  /**
   * `readers`: who could not read it; `store`: its plaintext would enter the Nix store; `format`: names of its keys would
   * become readable in git. Of the last two there are no `keys`.
   */
  readonly opens: 'readers' | 'store' | 'format'
  readonly path: BytePath
  /** Where the same ciphertext was; null where that is not known. */
  readonly from: BytePath | null
  /** Whom sealing it again would let read it, in canonical form. */
  readonly keys: readonly string[]
  /** The same by name. */
  readonly names: readonly string[]
}
