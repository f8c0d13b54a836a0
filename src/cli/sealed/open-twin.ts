import { realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { displayText } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { foreignOwner } from '../../store/foreign-owner.ts'
import { type HeldTwin, holdTwin } from '../../store/held-twin.ts'
import type { Twin } from '../../store/refresh-twin.ts'
import { quickFacts } from '../../store/repository-facts.ts'
import { openHere, refuseTwin } from '../here.ts'
import { refreshNews } from './about-twin.ts'

/** The twin of the work tree around the process's directory. */
export interface OpenedTwin {
  readonly held: HeldTwin
  /** The user that it belongs to, where we are root and it is not ours; null otherwise. */
  readonly owner: number | null
}

/** Makes and holds it, as the user whose repository it is. @throws NixsecretError where there can be none */
export async function openTwin(): Promise<OpenedTwin> {
  const facts = await quickFacts(process.cwd())
  const repo = facts?.repo ?? (await openHere())
  refuseTwin(repo)
  const owner = foreignOwner(repo)
  if (owner === null) return { held: await holdTwin(repo, refreshNews, facts), owner }
  const { holdAsOwner } = await import('../../store/hold-as-owner.ts')
  return { held: await holdAsOwner(owner), owner }
}

/**
 * The user's directory below the top of the work tree, with a slash at its end; empty at the top.
 * @throws NixsecretError `missing` where the twin has no such directory
 */
export function prefixBelow({ top, place }: Twin): string {
  const [from, here] = [realpathSync(top), realpathSync(process.cwd())]
  const prefix = here === from ? '' : `${here.slice(from === '/' ? 1 : from.length + 1)}/`
  if (statSync(join(place.tree, prefix), { throwIfNoEntry: false })?.isDirectory()) return prefix
  throw new NixsecretError(
    'missing',
    `git tracks nothing in ${displayText(prefix)}, so it is not in the twin`,
    {
      hints: ['git add --intent-to-add .', 'cd "$(git rev-parse --show-toplevel)"'],
    },
  )
}
