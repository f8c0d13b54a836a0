import type { BytePath } from '../byte-path.ts'
import { type GitOptions, runGit } from './run-git.ts'

/** The drivers of ours that the `filter` attribute may name. */
export type Driver = 'nixsecret' | 'nixsecret-sealed'

/**
 * Asks git for the `filter` attribute of paths.
 * @param cached whether `.gitattributes` are read from the index only (`--cached`), not the work tree first
 * @returns for each path that has one, the attribute's value as git prints it (`set`, `unset` or a name);
 *   paths where it is unspecified are left out
 */
export async function filterAttributes(
  paths: readonly BytePath[],
  { cached, ...options }: GitOptions & { cached: boolean },
): Promise<Map<BytePath, string>> {
  const found = new Map<BytePath, string>()
  if (paths.length === 0) return found
  // In one piece each way: a thousand small buffers take longer than git does.
  const input = Buffer.from(`${paths.join('\0')}\0`, 'latin1')
  const args = ['check-attr', ...(cached ? ['--cached'] : []), '-z', '--stdin', 'filter']
  const fields = (await runGit(args, { ...options, input })).toString('latin1').split('\0')
  for (let i = 0; i + 2 < fields.length; i += 3) {
    const value = fields[i + 2] as string
    if (value !== 'unspecified') found.set(fields[i] as BytePath, value)
  }
  return found
}

/** Our driver behind an attribute's value, or null where the filter is not ours. */
export function driverOf(value: string | undefined): Driver | null {
  return value === 'nixsecret' || value === 'nixsecret-sealed' ? value : null
}
