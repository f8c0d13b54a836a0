import type { BytePath } from '../byte-path.ts'
import type { HostAddress } from './host-address.ts'
import type { Layout } from './layout.ts'
import type { PathMatcher } from './match-path.ts'
import type { RuleId } from './rule-ids.ts'

/**
 * What a protected file is in git: `age`, one age file; `sops`, a SOPS document (https://getsops.io/docs/), in which
 * the keys of YAML, JSON, dotenv or INI stay readable and each value is encrypted by itself.
 */
export type Format = 'age' | 'sops'

/** What a rule, or `[default]`, may say of a path. Null: it does not say. */
export interface Settings {
  /** Names of recipients, groups replaced by their members, in order of first mention. */
  readonly to: readonly string[] | null
  /** `plaintext`: needed at evaluation, so its plaintext may enter the local Nix store. */
  readonly store: 'plaintext' | null
  /** What git gets; `age` where nothing says. */
  readonly format: Format | null
  /** After how many days its content is to be another. */
  readonly rotate: number | null
}

/** One `[[rule]]`. */
export interface Rule extends Settings {
  /** As written. */
  readonly paths: readonly string[]
  /** One for each of `paths`. */
  readonly matchers: readonly PathMatcher[]
}

/** One `[[check.allow]]`: findings that the repository accepts. */
export interface Allowance {
  readonly rules: readonly RuleId[]
  /** As written. */
  readonly paths: readonly string[]
  /** One for each of `paths`, compiled at first use. */
  readonly matchers: readonly PathMatcher[]
  readonly reason: string
}

/** One `[[host.NAME.key]]`: a secret that `deliver` puts on a host. Null: as the layout has it. */
export interface HostKey {
  readonly path: BytePath
  /** Null: as the file is called here. */
  readonly name: string | null
  readonly dir: string | null
  readonly user: string | null
  readonly group: string | null
  /** Three octal digits, the last of them 0. */
  readonly mode: string | null
}

/** One `[host.NAME]`. */
export interface PolicyHost {
  readonly name: string
  readonly address: HostAddress
  readonly layout: Layout
  readonly keys: readonly HostKey[]
}

/** A `nixsecret.toml` in which every name is known and every rule is sound. */
export interface Policy {
  /** How messages name it, as `nixsecret.toml`. */
  readonly file: string
  /** The whole of it. */
  readonly text: string
  /** Name → public key as written, with its comment. */
  readonly recipients: ReadonlyMap<string, string>
  /** Name → names of recipients; groups within are replaced by their members. */
  readonly groups: ReadonlyMap<string, readonly string[]>
  readonly default: Settings
  /** In order of the file. */
  readonly rules: readonly Rule[]
  readonly allow: readonly Allowance[]
  /** By name. */
  readonly hosts: ReadonlyMap<string, PolicyHost>
}
