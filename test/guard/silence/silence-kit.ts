import { bytePath, textPath } from '../../../src/byte-path.ts'
import type { RuleId } from '../../../src/guard/finding.ts'
import type { Silenceable } from '../../../src/guard/silence/fingerprint.ts'
import type { SilenceSources } from '../../../src/guard/silence/silence.ts'

/** An object id made of one digit. */
export const oid = (digit: number | string) => String(digit).repeat(40)

/** What a test says of a finding; the rest is made up. */
export interface Said {
  readonly rule?: RuleId
  /** Bytes as latin1, or text. */
  readonly path?: string | Uint8Array
  /** Of the finding, where it is not the entry's. */
  readonly told?: string
  readonly subject?: string
  readonly line?: number
  readonly commit?: string | null
  readonly oid?: string
  readonly origin?: 'brought' | 'kept'
  readonly policy?: string
  readonly later?: Silenceable['later']
}

/** A finding. */
export function finding(said: Said = {}): Silenceable {
  const { rule = 'nix-inline-secret', path = 'a.nix', subject, line, told, policy } = said
  return {
    rule,
    draft: {
      ...(told === undefined ? {} : { path: textPath(told) }),
      ...(subject === undefined ? {} : { subject }),
      ...(line === undefined ? {} : { line }),
    },
    entry: {
      commit: said.commit === undefined ? 'C' : said.commit,
      path: typeof path === 'string' ? textPath(path) : bytePath(path),
      oid: said.oid ?? oid(1),
      origin: said.origin ?? 'brought',
      state: { policy: policy === undefined ? null : { mode: '100644', oid: policy } },
    },
    later: said.later ?? [],
  }
}

/** A policy that allows a rule at a pattern. */
export function policyAllowing(rule: RuleId, pattern = '**'): string {
  return `version = 1\n[[check.allow]]\nrule = "${rule}"\npaths = ["${pattern}"]\nreason = "x"\n`
}

/** Sources with files `REV:PATH` and blobs by object id; by default at the gate `here` without any. */
export function sources(
  said: Partial<Omit<SilenceSources, 'read' | 'contentOf'>> & {
    readonly files?: Readonly<Record<string, string>>
    readonly blobs?: Readonly<Record<string, string>>
  } = {},
): SilenceSources {
  const { files = {}, blobs = {}, ...rest } = said
  const look = (from: Readonly<Record<string, string>>) => async (name: string) =>
    Object.hasOwn(from, name) ? Buffer.from(from[name] as string, 'utf8') : null
  return {
    gate: 'here',
    tips: [],
    trusted: [],
    serverAllow: [],
    accepted: null,
    ...rest,
    read: (revision, file) => look(files)(`${revision}:${file}`),
    contentOf: look(blobs),
  }
}
