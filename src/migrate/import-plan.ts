import type { BytePath } from '../byte-path.ts'
import type { Driver } from '../git/check-attr.ts'
import type { Format } from '../policy/policy.ts'
import type { ForeignLine } from './lines-below.ts'

/** Who is to read: a public key as written, with its comment if it has one; or what a `to` of the policy may say. */
export type ImportReader = { readonly key: string } | { readonly name: string }

/** One secret that another scheme has. */
export interface ImportedSecret {
  /** Where it lies in this repository afterwards. */
  readonly path: BytePath
  /** Where it came from, for people; not escaped yet. */
  readonly from: string
  /** Null: whom the policy names for that path, without any rule of ours. */
  readonly readers: readonly ImportReader[] | null
  /** The driver that its line in `.gitattributes` is to name. */
  readonly driver: Driver
  /** What git is to have at the path; an age file where nothing is said. */
  readonly format?: Format
  /**
   * Whether what lies at the path now, in the index and in the work tree, is this secret as the other scheme keeps it.
   * If not, anything else that is there is left alone, and the import refused.
   */
  readonly inPlace: boolean
  /** A blob of a protected file that may stay as it is; null where the plaintext is to be sealed. */
  readonly sealed: Uint8Array | null
  /** The protected file that the plaintext is copied from; else it is what is at the path. */
  readonly source?: { readonly path: BytePath; readonly content: Uint8Array }
  /**
   * The plaintext, in memory only; null where no key here opens it. Called once.
   * @throws NixsecretError with what is wrong with this secret: it is left out, the others come in
   */
  open(): Promise<Uint8Array | null>
}

/** Something that does not come in. */
export interface LeftOut {
  /** Not escaped yet. */
  readonly what: string
  readonly why: string
}

/** A group that the policy is to have. */
export interface ImportGroup {
  /** As the source calls it; it becomes a name that a policy may have. */
  readonly name: string
  /** Public keys. */
  readonly members: readonly string[]
}

/** A rule that a source suggests: whom all secrets at some paths are for. */
export interface ImportRule {
  /** Patterns of the policy. */
  readonly paths: readonly string[]
  readonly readers: readonly ImportReader[]
}

/** A `.gitattributes` file that is to change. */
export interface AttributesEdit {
  readonly path: BytePath
  /** What it holds now; null where there is none. */
  readonly before: Buffer | null
  readonly after: Buffer
  /** The new lines, for people: one character a byte, not escaped yet. */
  readonly added: readonly string[]
}

/** What `.gitattributes` are to say, where a source works that out itself. */
export interface ImportAttributes {
  readonly files: readonly AttributesEdit[]
  /** Lines of the other tool that nothing needs any more. */
  readonly foreign: readonly (ForeignLine & { readonly path: BytePath })[]
  /** The filter that each tracked path is to have; those that are to have none are left out. */
  readonly filters: ReadonlyMap<BytePath, string>
}

/** What a source found: a value; nothing of it has been done. */
export interface ImportPlan {
  /** As on the command line: `agenix`. */
  readonly scheme: string
  readonly secrets: readonly ImportedSecret[]
  readonly left: readonly LeftOut[]
  /** How the source calls the owner of a key: public key as written → name. Keys of the policy keep their names there. */
  readonly names: ReadonlyMap<string, string>
  /** They are used, as `@NAME`, where a secret has all members of one among its readers. */
  readonly groups: readonly ImportGroup[]
  /**
   * Rules for many secrets at once, the most special first, so that later files have the same readers. Secrets that
   * they leave out, or name other readers for, get rules of their own in front.
   */
  readonly rules?: readonly ImportRule[]
  /**
   * Values of `filter` by which the source's lines of `.gitattributes` are known (`git-crypt`). Below each gets a line of
   * ours with the same pattern, so that it holds for what is added later, too, and exceptions that follow still do.
   * Where a tracked file behind one of them does not come in, only the secrets that do get lines.
   */
  readonly filters: readonly string[]
  /** In place of all that: every secret has its driver by these. */
  readonly attributes?: ImportAttributes
  /** Sentences for people, printed at the end; escaped already. */
  readonly notes: readonly string[]
  /** Commands to paste, printed at the end. */
  readonly hints: readonly string[]
}
