import { displayText } from '../byte-path.ts'
import type { Repository } from '../git/repository.ts'
import { checkCommits } from './check.ts'
import type { CheckResult, Finding } from './finding.ts'
import { type CheckOptions, type Inspection, inspect } from './inspection.ts'
import { looseObject } from './loose-object.ts'
import { mustFind } from './must-find.ts'
import { type PushedRef, parsePrePush } from './pushed-refs.ts'
import { promisedBy, trackedTips } from './remote-tips.ts'
import { isZero } from './revisions.ts'

/**
 * What a push sends: every commit that the remote is not known to have, and the whole tree of each new tip.
 * @param input what git writes to the hook's standard input
 * @param remote the hook's first argument: a remote's name, or the URL again
 * @param url the hook's second argument
 */
export function checkPrePush(
  repo: Repository,
  input: Uint8Array,
  remote: string,
  url: string,
  options: CheckOptions = {},
): Promise<CheckResult> {
  const refs = parsePrePush(input).filter((ref) => !isZero(ref.localOid))
  return inspect(repo, options, async (inspection) => {
    inspection.isOwn = true
    const tips = new Set<string>()
    const branches = new Map<string, string>()
    const loose: Finding[] = []
    for (const ref of refs) {
      const object = await peel(inspection, ref)
      if (object.type === 'blob') loose.push(...(await looseObject(inspection, ref, object.oid)))
      else {
        tips.add(object.oid)
        if (ref.localRef.startsWith('refs/heads/')) branches.set(object.oid, ref.localRef.slice(11))
      }
    }
    // What the remote has given out itself is no news to it; to any other, git sends what is missing here, too.
    inspection.fetches = (await promisedBy(inspection, url)) ? 'none' : 'all'
    const without = await knownToRemote(inspection, refs, remote, url)
    const result = await checkCommits(inspection, {
      range: { tips: [...tips], without },
      gate: 'range',
      branches,
    })
    return { ...result, findings: [...loose, ...result.findings] }
  })
}

async function peel(inspection: Inspection, { localOid, localRef }: PushedRef) {
  return mustFind(inspection.catFile, `${localOid}^{}`, `what is pushed as ${displayText(localRef)}`)
}

/** Commits that the remote has for sure. None, where it has one that is not here: then all is looked at. */
async function knownToRemote(
  inspection: Inspection,
  refs: readonly PushedRef[],
  remote: string,
  url: string,
): Promise<string[]> {
  const known = new Set<string>()
  const absent = new Set<string>()
  for (const { remoteOid, remoteRef } of refs) {
    if (isZero(remoteOid)) {
      absent.add(remoteRef)
      continue
    }
    const object = await inspection.catFile.info(`${remoteOid}^{}`)
    if (object === null) return []
    if (object.type === 'commit') known.add(object.oid)
  }
  for (const oid of await trackedTips(inspection, { remote, url, absent })) known.add(oid)
  return [...known]
}
