import type { Readers } from '../blob/readers.ts'
import { readersFor } from '../blob/readers.ts'
import type { BytePath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import type { NewRule } from '../policy/extend-policy.ts'
import { compilePattern } from '../policy/match-path.ts'
import type { Policy } from '../policy/policy.ts'
import { namedByRule } from '../policy/readers-of.ts'
import type { ImportRule } from './import-plan.ts'
import type { PreparedSecret } from './prepared-secret.ts'
import type { ReaderBook } from './reader-book.ts'

/** Rules for many files at once, to stand behind those that the policy has. */
export interface BroadRules {
  readonly rules: readonly NewRule[]
  /** Whether they give a secret just its readers. */
  covers(secret: PreparedSecret): boolean
}

/** What rules for many files must fit to. */
export interface BroadRulesOptions {
  readonly policy: Policy | null
  readonly book: ReaderBook
  /** Secrets that the policy does not name the readers of yet. */
  readonly open: readonly PreparedSecret[]
  /** Protected files whose readers must stay. */
  readonly others: readonly BytePath[]
}

/**
 * Those of the rules which a source suggests that some secret needs; none where they would change the readers of any
 * other file.
 * @throws NixsecretError `missing` for a reader that the policy does not have
 */
export function broadRules(suggested: readonly ImportRule[], options: BroadRulesOptions): BroadRules {
  const { policy, book } = options
  const all = suggested.map(({ paths, readers }) => ({
    matchers: paths.map(compilePattern),
    readers: book.readersOf(readers),
    rule: { paths, to: readers.map((reader) => ('key' in reader ? book.nameOf(reader.key) : reader.name)) },
  }))
  const matching = (path: BytePath, among: typeof all) =>
    policy !== null && namedByRule(policy, path)
      ? undefined
      : among.find(({ matchers }) => matchers.some((matches) => matches(path)))
  const needed = all.filter((one) => options.open.some(({ secret }) => matching(secret.path, all) === one))
  const changes = options.others.some((path) => {
    const found = matching(path, needed)
    return found !== undefined && found.readers.digest !== readersNow(policy, path)?.digest
  })
  if (changes) return { rules: [], covers: () => false }
  return {
    rules: needed.map(({ rule }) => rule),
    covers: ({ secret, readers }) => matching(secret.path, needed)?.readers.digest === readers.digest,
  }
}

function readersNow(policy: Policy | null, path: BytePath): Readers | null {
  try {
    return policy === null ? null : readersFor(policy, path)
  } catch (fault) {
    if (fault instanceof NixsecretError) return null
    throw fault
  }
}
