import type { BytePath } from '../byte-path.ts'
import { type GitOptions, runGit } from './run-git.ts'

/**
 * Asks git for several attributes of paths.
 * @param cached whether `.gitattributes` are read from the index only
 * @returns for each path the values in the order of `names`, as git prints them: `unspecified`, `set`, `unset` or a text
 */
export async function attributeValues(
  paths: readonly BytePath[],
  names: readonly string[],
  { cached, ...options }: GitOptions & { cached: boolean },
): Promise<Map<BytePath, readonly string[]>> {
  const found = new Map<BytePath, string[]>()
  if (paths.length === 0) return found
  const input = Buffer.from(`${paths.join('\0')}\0`, 'latin1')
  const args = ['check-attr', ...(cached ? ['--cached'] : []), '-z', '--stdin', ...names]
  const fields = (await runGit(args, { ...options, input })).toString('latin1').split('\0')
  for (let i = 0; i + 2 < fields.length; i += 3) {
    const path = fields[i] as BytePath
    const values = found.get(path)
    if (values === undefined) found.set(path, [fields[i + 2] as string])
    else values.push(fields[i + 2] as string)
  }
  return found
}
