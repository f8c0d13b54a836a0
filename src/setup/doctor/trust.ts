import { pending } from '../../blob/trust/pending.ts'
import { sayPending } from '../../blob/trust/say-pending.ts'
import { NixsecretError } from '../../errors.ts'
import type { Repository } from '../../git/repository.ts'
import type { Policy } from '../../policy/policy.ts'
import { type Diagnosis, fine, warning } from './finding.ts'

/**
 * Whether this user has accepted who may read what. That something is not is no open gate: nobody gets it until then.
 * @param policy the one that holds; null where there is none, or it does not parse
 */
export async function checkTrust(repo: Repository, policy: Policy | null): Promise<Diagnosis[]> {
  if (policy === null) return []
  try {
    const text = sayPending(await pending(repo))
    return [
      text === null
        ? fine('trust', 'you have accepted all who can read something here')
        : warning('trust', text, 'git nixsecret trust'),
    ]
  } catch (fault) {
    if (!(fault instanceof NixsecretError)) throw fault
    return [warning('trust', `what you have accepted cannot be told: ${fault.message}`, ...fault.hints)]
  }
}
