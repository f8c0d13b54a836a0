import type { Pending } from './pending.ts'
import { summarize } from './summarize.ts'

/** What a clone lacks whose user never said who may read what. */
export const NOTHING_ACCEPTED =
  'you have not accepted who may read what in this clone: until then, changed secrets cannot be added'

/** What is to be accepted, in a line for people, with `git nixsecret trust` as what to run; null where all is. */
export function sayPending({ gains, first, problem }: Pending): string | null {
  if (first) return problem === null ? NOTHING_ACCEPTED : `${NOTHING_ACCEPTED} (${problem})`
  if (gains.length === 0) return null
  return `not accepted yet: ${summarize(gains)}; until then, only accepted readers get what you change`
}
