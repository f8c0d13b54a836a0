import { attributeFiles, attributeLines } from '../blob/trust/attributes/attribute-lines.ts'
import { lostProtection } from '../blob/trust/attributes/lost-protection.ts'
import { loadTrust, type TrustPlace } from '../blob/trust/trust-state.ts'
import { type BytePath, displayPath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { CatFile } from '../git/cat-file.ts'
import type { Driver } from '../git/check-attr.ts'
import type { TreeEntry } from '../git/list-index.ts'
import type { GitOptions } from '../git/run-git.ts'

/**
 * Entries of files that were accepted as secrets and are none any more: their plaintext would be in the twin.
 * @param drivers of the files that are protected now
 */
export async function lostSecrets<Entry extends TreeEntry>(
  place: TrustPlace,
  git: GitOptions & { readonly cwd: string },
  entries: readonly Entry[],
  drivers: ReadonlyMap<BytePath, Driver>,
): Promise<Entry[]> {
  const { state } = loadTrust(place)
  if (state === null) return []
  const catFile = new CatFile(git)
  try {
    const regular = entries.filter(({ mode, stage }) => mode.startsWith('100') && stage === 0)
    const contents = await attributeFiles(git.cwd, regular, catFile)
    const lines = { attributes: attributeLines(contents), attributeFiles: contents }
    const tracked = new Set(regular.map(({ path }) => path))
    const lost = new Set((await lostProtection(state, { ...lines, tracked, drivers })).lost)
    return regular.filter(({ path }) => lost.has(path))
  } finally {
    catFile.close()
  }
}

/** Why such a file must not be in the twin. */
export function noSecretAnyMore(path: BytePath): NixsecretError {
  const message = `${displayPath(path)} was a secret, and no .gitattributes line makes it one any more; you have not accepted that`
  return new NixsecretError('refused', message, { hints: ['git nixsecret trust'] })
}
