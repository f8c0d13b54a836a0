import { attributeLines } from '../blob/trust/attribute-lines.ts'
import { lostProtection } from '../blob/trust/lost-protection.ts'
import { loadTrust, type TrustPlace } from '../blob/trust/trust-state.ts'
import { type BytePath, displayPath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { CatFile } from '../git/cat-file.ts'
import type { TreeEntry } from '../git/list-index.ts'
import type { GitOptions } from '../git/run-git.ts'

/**
 * Refuses to go on where a file that was accepted as a secret is none any more: its plaintext would be in the twin.
 * @param drivers of the files that are protected now
 * @throws NixsecretError `refused`
 */
export async function refuseLost(
  place: TrustPlace,
  git: GitOptions & { readonly cwd: string },
  entries: readonly TreeEntry[],
  drivers: { has(path: BytePath): boolean },
): Promise<void> {
  const { state } = loadTrust(place)
  if (state === null) return
  const catFile = new CatFile(git)
  try {
    const regular = entries.filter(({ mode, stage }) => mode.startsWith('100') && stage === 0)
    const attributes = await attributeLines(git.cwd, regular, catFile)
    const tracked = new Set(regular.map(({ path }) => path))
    const [lost] = await lostProtection(state, { attributes, tracked, files: drivers })
    if (lost === undefined) return
    const message = `${displayPath(lost)} was a secret, and no .gitattributes line makes it one any more; you have not accepted that`
    throw new NixsecretError('refused', message, { hints: ['git nixsecret trust'] })
  } finally {
    catFile.close()
  }
}
