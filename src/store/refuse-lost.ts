import { lostProtection } from '../blob/trust/lost-protection.ts'
import { loadTrust, type TrustPlace } from '../blob/trust/trust-state.ts'
import { type BytePath, displayPath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'

/**
 * Refuses to go on where a file that was accepted as a secret is none any more: its plaintext would be in the twin.
 * @param drivers of the files that are protected now
 * @throws NixsecretError `refused`
 */
export function refuseLost(
  place: TrustPlace,
  entries: readonly { readonly path: BytePath }[],
  drivers: { has(path: BytePath): boolean },
): void {
  const paths = loadTrust(place).state?.paths
  if (paths === undefined) return
  const [lost] = lostProtection(paths.keys(), new Set(entries.map(({ path }) => path)), drivers)
  if (lost === undefined) return
  const message = `${displayPath(lost)} was a secret, and no .gitattributes line makes it one any more; you have not accepted that`
  throw new NixsecretError('refused', message, { hints: ['git nixsecret trust'] })
}
