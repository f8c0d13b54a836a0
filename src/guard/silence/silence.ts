import { NixsecretError } from '../../errors.ts'
import { allows } from '../../policy/allows.ts'
import type { Policy } from '../../policy/policy.ts'
import { isNix } from '../content-look.ts'
import { AllowanceFiles, type ReadFile } from './allowance-files.ts'
import { type CommentAllowances, commentAllowances } from './comment-allowances.ts'
import { fingerprintOf, keyOf, pathOf, pathsOf, type Silenceable } from './fingerprint.ts'
import { GATE_RULES } from './gate-rules.ts'
import { parseServerAllow, type ServerAllowance } from './server-allow.ts'

/** Where allowances are looked for, and which of them count. */
export interface SilenceSources {
  /** `here`: nothing leaves this machine. `range`: what is pushed, or CI. `receive`: what a server takes in. */
  readonly gate: 'here' | 'range' | 'receive'
  /** Revisions that are judged, besides each finding's own; an empty one is what has no commit yet. */
  readonly tips: readonly string[]
  /** Commits that the remote has. */
  readonly trusted: readonly string[]
  /** Values of git config `nixsecret.allow`; read at `receive` only. */
  readonly serverAllow: readonly string[]
  /** Policies that this user has accepted: what one of them does not allow counts as allowed by nobody; null: no matter. */
  readonly accepted: readonly Policy[] | null
  readonly read: ReadFile
  /** Content of a blob; null where it is not here, or too large to be read whole. */
  contentOf(oid: string): Promise<Uint8Array | null>
}

/** What allowed a finding. */
export type SilencedBy = 'policy' | 'comment' | 'server' | 'baseline'

/** Findings, parted. */
export interface Silence<T> {
  readonly kept: readonly {
    readonly one: T
    /** What is pushed has an allowance for it, which does not count at this gate. */
    readonly ignoredAllowance: boolean
    /** The policy has an allowance for it that this user has not accepted. */
    readonly unaccepted: boolean
    /** A comment there means to allow it, and does not: without a reason, for another rule, or for one that none can. */
    readonly ignoredComment: boolean
  }[]
  readonly silenced: readonly { readonly one: T; readonly by: SilencedBy }[]
  /** Baselines that did not parse, and so silenced nothing: messages to show. */
  readonly problems: readonly string[]
}

/**
 * Takes out the findings that somebody allowed, by a comment, the policy, the baseline, or the server's configuration.
 * What is being pushed silences none of {@link GATE_RULES} at the gate that it passes.
 * @throws NixsecretError `refused` where the server's configuration is not understood
 */
export async function silence<T extends Silenceable>(
  raised: readonly T[],
  sources: SilenceSources,
): Promise<Silence<T>> {
  const silencer = new Silencer(sources)
  const silenced: { one: T; by: SilencedBy }[] = []
  const rest: T[] = []
  for (const one of raised) {
    const by = await silencer.explicit(one)
    if (by === null) rest.push(one)
    else silenced.push({ one, by })
  }
  // Last, as it says how many there may be: what is allowed otherwise is none of them.
  const counts = new Map<string, number>()
  for (const one of rest) {
    const key = keyOf(fingerprintOf(one))
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const kept: Silence<T>['kept'][number][] = []
  for (const one of rest) {
    const count = counts.get(keyOf(fingerprintOf(one))) ?? 0
    const { counting, ignored } = silencer.revisions(one)
    if (await silencer.isKnown(one, count, counting)) silenced.push({ one, by: 'baseline' })
    else
      kept.push({
        one,
        ignoredAllowance:
          (await silencer.isAllowed(one, ignored)) || (await silencer.isKnown(one, count, ignored)),
        unaccepted: await silencer.isAllowed(one, counting),
        ignoredComment: await silencer.hasIdleComment(one),
      })
  }
  return { kept, silenced, problems: [...silencer.problems] }
}

const MARKER = /nixsecret:[ \t]*allow\b/

class Silencer {
  readonly problems = new Set<string>()
  readonly #sources: SilenceSources
  readonly #files: AllowanceFiles
  readonly #server: readonly ServerAllowance[]
  readonly #comments = new Map<string, CommentAllowances>()
  readonly #texts = new Map<string, Promise<string>>()

  constructor(sources: SilenceSources) {
    this.#sources = sources
    this.#files = new AllowanceFiles(sources.read)
    this.#server = sources.gate === 'receive' ? parseServerAllow(sources.serverAllow) : []
  }

  /** What names the finding by rule and place, if anything that counts does. */
  async explicit(one: Silenceable): Promise<SilencedBy | null> {
    if (pathsOf(one).every((path) => allows(this.#server, one.rule, path))) return 'server'
    if (this.#isAccepted(one) && (await this.isAllowed(one, this.revisions(one).counting))) return 'policy'
    return (await this.#isCommented(one)) ? 'comment' : null
  }

  /** Revisions whose policy and baseline count for a finding, and those that would be asked but for the gate. */
  revisions({ rule, entry }: Silenceable): { counting: readonly string[]; ignored: readonly string[] } {
    const { gate, tips, trusted } = this.#sources
    const pushed = [...tips, entry.commit ?? '']
    if (gate === 'here' || !GATE_RULES.has(rule)) return { counting: [...pushed, ...trusted], ignored: [] }
    if (gate === 'range') return { counting: trusted, ignored: pushed }
    return { counting: [], ignored: [...pushed, ...trusted] }
  }

  async isAllowed(one: Silenceable, revisions: readonly string[]): Promise<boolean> {
    for (const revision of revisions) {
      const allowances = await this.#files.policy(revision)
      if (pathsOf(one).every((path) => allows(allowances, one.rule, path))) return true
    }
    return false
  }

  #isAccepted(one: Silenceable): boolean {
    const { accepted } = this.#sources
    if (accepted === null) return true
    const paths = pathsOf(one)
    return (
      accepted.length > 0 &&
      accepted.every(({ allow }) => paths.every((path) => allows(allow, one.rule, path)))
    )
  }

  /** @param count how many findings have the same fingerprint */
  async isKnown(one: Silenceable, count: number, revisions: readonly string[]): Promise<boolean> {
    for (const revision of revisions) {
      const baseline = await this.#files.baseline(revision)
      if (baseline instanceof NixsecretError) this.problems.add(baseline.message)
      else if (baseline?.has(fingerprintOf(one), count)) return true
    }
    return false
  }

  /** Where a tip has the same thing in a later version, the comment must be there: one may be added later, or go. */
  async #isCommented({ rule, draft, entry, later }: Silenceable): Promise<boolean> {
    if (GATE_RULES.has(rule) || pathOf({ draft, entry }) !== entry.path) return false
    const own = typeof draft.line === 'number' ? [{ oid: entry.oid, line: draft.line }] : []
    const isLatest = later.length === 0 || later.some(({ oid }) => oid === entry.oid)
    const places = isLatest ? [...own, ...later.filter((place) => place.oid !== entry.oid)] : later
    for (const { oid, line } of places) {
      const comments = await this.#commentsOf(oid, isNix(entry.path))
      if (!comments.get(line)?.has(rule)) return false
    }
    return places.length > 0
  }

  /** Whether something like a comment of ours stands on the line, or right above, of what it does not allow. */
  async hasIdleComment({ draft, entry }: Silenceable): Promise<boolean> {
    if (typeof draft.line !== 'number' || pathOf({ draft, entry }) !== entry.path) return false
    const lines = (await this.#markedText(entry.oid)).split('\n')
    return lines.slice(Math.max(0, draft.line - 2), draft.line).some((line) => MARKER.test(line))
  }

  /** A file's text; empty where nothing in it looks like a comment of ours. */
  #markedText(oid: string): Promise<string> {
    let text = this.#texts.get(oid)
    if (text === undefined) {
      text = this.#sources.contentOf(oid).then((content) => {
        const read = Buffer.from(content ?? []).toString('latin1')
        return read.includes('nixsecret:') ? read : ''
      })
      this.#texts.set(oid, text)
    }
    return text
  }

  async #commentsOf(oid: string, nix: boolean): Promise<CommentAllowances> {
    const key = `${oid} ${nix}`
    let comments = this.#comments.get(key)
    if (comments === undefined) {
      comments = commentAllowances(await this.#markedText(oid), nix)
      this.#comments.set(key, comments)
    }
    return comments
  }
}
