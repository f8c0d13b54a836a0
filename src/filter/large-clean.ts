import { beginsAsAge } from '../age/inspect.ts'
import { headerFor } from '../blob/plugins.ts'
import type { BytePath } from '../byte-path.ts'
import { neverEncrypted } from '../policy/readers-of.ts'
import type { LargeClean } from './cleaned.ts'
import type { EarlierBlobs } from './earlier-blobs.ts'
import type { FilterContext } from './filter-context.ts'
import { KeptContent, PassedContent } from './large-kept.ts'
import { type Direct, SealedContent } from './large-sealed.ts'
import { WholeContent } from './large-whole.ts'
import { isForSops } from './sops-clean.ts'
import { wantedReaders } from './wanted-readers.ts'

/**
 * Takes a large file: plaintext is sealed as it comes in, and what is kept on disk is ciphertext.
 * @param direct given by a one-shot clean: with no earlier blob to reuse there is nothing to wait for
 */
export async function beginLargeClean(
  context: FilterContext,
  path: BytePath,
  head: Buffer,
  earlier: EarlierBlobs,
  direct: Direct | null,
): Promise<LargeClean> {
  if (neverEncrypted(path)) return new PassedContent(context)
  const wanted = await wantedReaders(context, path, earlier)
  const isAge = wanted.format === 'age' && !wanted.pending
  if (!beginsAsAge(head) && !isAge && (await isForSops(head, earlier, wanted)))
    return new WholeContent(context, path, earlier)
  if (wanted.readers === null || beginsAsAge(head)) return new KeptContent(context, path, earlier, head)
  const header = await headerFor(wanted.readers)
  const first = direct !== null && (await earlier.index()) === null && (await earlier.head()) === null
  return new SealedContent(context, { path, earlier, wanted }, header, first ? direct : null)
}
