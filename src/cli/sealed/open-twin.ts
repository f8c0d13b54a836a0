import { realpathSync } from 'node:fs'
import { foreignOwner } from '../../store/foreign-owner.ts'
import { type HeldTwin, holdTwin } from '../../store/held-twin.ts'
import { quickFacts } from '../../store/repository-facts.ts'
import { openHere } from '../here.ts'
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
  const owner = foreignOwner(repo)
  if (owner === null) return { held: await holdTwin(repo, refreshNews, facts), owner }
  const { holdAsOwner } = await import('../../store/hold-as-owner.ts')
  return { held: await holdAsOwner(owner), owner }
}

/** The user's directory below the top of the work tree, with a slash at its end; empty at the top. */
export function prefixBelow(top: string): string {
  const [from, here] = [realpathSync(top), realpathSync(process.cwd())]
  return here === from ? '' : `${here.slice(from === '/' ? 1 : from.length + 1)}/`
}
