import { type Readers, readersFor } from '../blob/readers.ts'
import type { BytePath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import type { Format } from '../policy/policy.ts'
import { formatOf } from '../policy/readers-of.ts'
import type { FilterContext } from './filter-context.ts'

/** Whom the policy names for a path, or why that can't be told; the format is null where there is no policy. */
export type Wanted =
  | { readonly readers: Readers; readonly format: Format }
  | { readonly readers: null; readonly format: Format | null; readonly fault: NixsecretError }

/** Only changed plaintext needs a policy, so a fault is handed back and waits until reuse has been tried. */
export async function wantedReaders(context: FilterContext, path: BytePath): Promise<Wanted> {
  let format: Format | null = null
  try {
    const policy = await context.policy.current()
    if (policy !== null) {
      format = formatOf(policy, path)
      return { readers: readersFor(policy, path), format }
    }
    const fault = new NixsecretError('policy', 'there is no nixsecret.toml that says for whom to encrypt', {
      hints: ['git nixsecret init'],
    })
    return { readers: null, format, fault }
  } catch (fault) {
    if (fault instanceof NixsecretError) return { readers: null, format, fault }
    throw fault
  }
}
