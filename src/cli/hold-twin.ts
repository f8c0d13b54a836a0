import { createInterface } from 'node:readline'
import { NixsecretError } from '../errors.ts'
import { holdTwin } from '../store/held-twin.ts'
import { reclaim } from '../store/reclaim.ts'
import { openHere } from './here.ts'
import { print } from './print.ts'
import { refreshNews } from './sealed/about-twin.ts'

/**
 * `git-nixsecret hold-twin PID`: makes the twin as the owner of a repository, for a process of root that uses it. Tells
 * of it in a line of JSON, then takes `started PID` and `end` on standard input, and answers the latter.
 */
export async function run(args: string[]): Promise<number> {
  const holder = Number(args[0])
  if (!Number.isInteger(holder) || holder < 1)
    throw new NixsecretError('usage', 'hold-twin is called by sealed')
  const held = await holdTwin(await openHere(), refreshNews, null, holder)
  try {
    print(JSON.stringify(held.twin))
    for await (const line of createInterface({ input: process.stdin })) {
      const pid = Number(/^started (\d{1,10})$/.exec(line)?.[1] ?? 0)
      if (pid > 0) held.started(pid)
      else if (line === 'end') print(JSON.stringify(await held.end()))
    }
    reclaim(held.twin.place.dir)
    return 0
  } finally {
    held.leave()
  }
}
