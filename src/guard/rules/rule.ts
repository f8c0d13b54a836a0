import type { SealVerdict } from '../../blob/judge-file.ts'
import type { Readers } from '../../blob/readers.ts'
import type { NixFact } from '../../nix/facts.ts'
import type { GuardedShape } from '../blob-shapes.ts'
import type { Entry } from '../entry.ts'
import type { Draft, RuleId } from '../finding.ts'
import type { IfOpen } from '../if-open.ts'
import type { Surroundings } from '../surroundings.ts'

/** A protected entry with everything that rules want to know of it. */
export interface Subject {
  readonly entry: Entry
  /** `tip`: its own commit does not protect it, but a tip of the range does. */
  readonly protectedBy: 'commit' | 'tip'
  /** Null where it is no file (symlink, submodule). */
  readonly shape: GuardedShape | null
  /** Who should be able to read it; null where its commit's policy can't tell, and {@link problem} says why. */
  readonly readers: Readers | null
  /** What is wrong with the policy at that commit, or null. */
  readonly problem: { readonly message: string; readonly line: number | null } | null
  /** How the blob stands to the policy; null where there is no ciphertext or no reader. */
  readonly verdict: SealVerdict | null
  /** Who else could read it, as far as it says so by name (a SOPS document). Untrusted. */
  readonly strangers: readonly string[]
  /** In the work tree: what it means if it lies open there; elsewhere null. */
  readonly ifOpen: IfOpen | null
}

/** Judges one protected entry at a time, from data alone. */
export interface Rule {
  readonly id: RuleId
  /** @returns null where all is well, or where the rule has no say */
  judge(subject: Subject): Draft | null
}

/** Judges what a Nix file puts, or may put, in the store. */
export interface NixRule<Kind extends NixFact['kind']> {
  readonly id: RuleId
  /** The facts that it judges. */
  readonly of: Kind
  /** @returns null where all is well; line and column are the caller's to add */
  judge(
    fact: Extract<NixFact, { kind: Kind }>,
    around: Surroundings,
    entry: Entry,
  ): Draft | null | Promise<Draft | null>
}
