import { type BytePath, displayPath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { readSecret } from './read-secret.ts'
import { headOf, WHOLE_LIMIT } from './secret-stream.ts'
import type { Workspace } from './workspace.ts'

/**
 * A secret in one piece, for formats that need all of it before they write anything.
 * @param rev as for {@link readSecret}
 * @throws NixsecretError as {@link readSecret}, and `refused` over {@link WHOLE_LIMIT}
 */
export async function wholeSecret(space: Workspace, path: BytePath, rev: string | null): Promise<Buffer> {
  const plaintext = await headOf(await readSecret(space, path, rev), WHOLE_LIMIT + 1)
  if (plaintext.length <= WHOLE_LIMIT) return plaintext
  const message = `${displayPath(path)} is larger than ${WHOLE_LIMIT >> 20} MiB, too large to be handed on as a value`
  throw new NixsecretError('refused', message)
}
