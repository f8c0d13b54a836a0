import { NixsecretError } from '../../errors.ts'
import type { ReaderMap } from '../../migrate/gpg/map-readers.ts'
import type { Workspace } from '../../secret/workspace.ts'
import { ownKeys } from '../../setup/own-key.ts'

/**
 * Where there is no policy yet, the user reads what nobody says the readers of, as after init.
 * @throws NixsecretError `identity` where that is asked for, and the user has no key
 */
export async function withOwnReaders(space: Workspace, map: ReaderMap): Promise<ReaderMap> {
  if ((await space.policyOrNull()) !== null) return map
  const { keys } = await ownKeys(space.top, null)
  const own = keys.flatMap(({ publicKey }) => (publicKey === null ? [] : [{ key: publicKey }])).slice(0, 1)
  const readersOf = (ids: readonly string[] | null) => {
    const readers = map.readersOf(ids) ?? own
    if (readers !== own || own.length > 0) return readers
    throw new NixsecretError(
      'identity',
      'there is no nixsecret.toml yet, and no key of yours to make one with',
      {
        hints: ['git nixsecret init'],
      },
    )
  }
  return { ...map, readersOf }
}
