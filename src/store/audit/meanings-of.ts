import type { FileHits } from './file-scanner.ts'
import type { SearchPlan } from './search-plan.ts'
import type { Meaning } from './secret.ts'

/** What the numbers of a hit stand for. */
export function meaningsOf(plan: SearchPlan, { needles, wholes }: FileHits): Meaning[] {
  return [
    ...wholes.flatMap((number) => plan.wholeMeanings[number] ?? []),
    ...needles.flatMap((number) => plan.needleMeanings[number] ?? []),
  ]
}
