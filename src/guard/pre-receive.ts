import { displayText } from '../byte-path.ts'
import type { Repository } from '../git/repository.ts'
import { runGit, tryGit } from '../git/run-git.ts'
import { allows } from '../policy/allows.ts'
import { checkCommits } from './check.ts'
import type { CheckResult, Finding } from './finding.ts'
import { type CheckOptions, type Inspection, inspect } from './inspection.ts'
import { looseObject } from './loose-object.ts'
import { mustFind } from './must-find.ts'
import { parseReceived, type ReceivedRef } from './received-refs.ts'
import { isZero } from './revisions.ts'
import { serverAllow } from './server-allowances.ts'
import { shownTips } from './shown-tips.ts'
import { parseServerAllow } from './silence/server-allow.ts'

/**
 * What a push brings to this repository: every commit that no ref has yet, and the whole tree of each new tip. The
 * objects lie in git's quarantine, which the environment of the hook names; nothing is written.
 * @param input what git writes to the hook's standard input
 * @throws NixsecretError `refused` where the input is not understood, `missing` or `git` where something can't be looked at
 */
export async function checkPreReceive(
  repo: Repository,
  input: Uint8Array,
  options: CheckOptions = {},
): Promise<CheckResult> {
  const refs = parseReceived(input).filter(({ newOid }) => !isZero(newOid))
  // What is judged is no work tree's, and who mends it sits at another machine.
  const requireSigned = await serverRequiresSigned(options)
  return inspect({ ...repo, workTree: null }, { ...options, requireSigned }, async (inspection) => {
    const known = refs.length === 0 ? Promise.resolve([]) : shownTips(inspection)
    // Awaited below; a fault must not count as unhandled until then.
    known.catch(() => {})
    const tips = new Set<string>()
    const loose: Finding[] = []
    for (const ref of refs) {
      const object = await peel(inspection, ref)
      if (object.type === 'blob') loose.push(...(await looseBlob(inspection, ref, object.oid)))
      else tips.add(object.oid)
    }
    const range = { tips: [...tips], without: await known }
    const result = await checkCommits(inspection, { range, gate: 'receive' })
    const { silenced, kept } = await allowed(inspection, loose)
    return {
      ...result,
      findings: [...kept, ...result.findings].map(forReceiver),
      silenced: result.silenced + silenced,
    }
  })
}

/** Whether the server's configuration says `nixsecret.requireSigned`. @throws NixsecretError `git` for no boolean */
async function serverRequiresSigned({ cwd, env }: CheckOptions): Promise<boolean> {
  const args = ['config', '--type=bool', '--get', 'nixsecret.requireSigned']
  const place = { ...(cwd === undefined ? {} : { cwd }), ...(env === undefined ? {} : { env }) }
  const { code, stdout } = await tryGit(args, place)
  // 1: nothing is said. What is said and not understood must not open the gate.
  if (code > 1) await runGit(args, place)
  return stdout.toString('latin1').trim() === 'true'
}

/** Loose objects have neither a commit nor a file: the server's configuration alone can allow them, by the name of the ref. */
async function allowed(inspection: Inspection, loose: readonly Finding[]) {
  if (loose.length === 0) return { kept: loose, silenced: 0 }
  const allowances = parseServerAllow(await serverAllow(inspection))
  const kept = loose.filter(({ rule, path }) => !allows(allowances, rule, path))
  return { kept, silenced: loose.length - kept.length }
}

function peel({ catFile }: Inspection, { newOid, ref }: ReceivedRef) {
  return mustFind(catFile, `${newOid}^{}`, `what is pushed as ${displayText(Buffer.from(ref, 'latin1'))}`)
}

function looseBlob(inspection: Inspection, { ref, oldOid, newOid }: ReceivedRef, blob: string) {
  const name = Buffer.from(ref, 'latin1').toString('utf8')
  const pushed = { localRef: name, localOid: newOid, remoteRef: name, remoteOid: oldOid }
  return looseObject(inspection, pushed, blob)
}

/** No option of a client gets past this gate, so the hint names what does. */
function forReceiver(finding: Finding): Finding {
  const pass =
    finding.rule === 'loose-object'
      ? '# if it is none: put it into a commit, at a path that is not to be encrypted; or on the server:\n# git config --add nixsecret.allow "loose-object /REF"'
      : `# if it is no secret any more, on the server: git config --add nixsecret.allow "${finding.rule} PATTERN"`
  const lines = finding.hint.split('\n').map((line) => (/^# .*--no-verify/.test(line) ? pass : line))
  return { ...finding, hint: lines.join('\n') }
}
