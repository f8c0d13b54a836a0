import { runGit, splitNul, tryGit } from '../git/run-git.ts'
import type { Inspection } from './inspection.ts'

/**
 * The commits that this repository has for all who push to it: those of the refs that receive-pack shows
 * (`receive.hideRefs`, `transfer.hideRefs`, and with a namespace those in it).
 *
 * Not those of hidden refs, and not those that only an alternate has (a fork's parent): a push makes them public here.
 * They are judged once more, as git's own check of a push does with hidden refs.
 */
export async function shownTips(inspection: Inspection): Promise<string[]> {
  const { place } = inspection
  const format = '--format=%(objecttype) %(objectname) %(*objecttype) %(*objectname) %(refname)%00'
  const [hidden, refs] = await Promise.all([
    hiddenPatterns(inspection),
    runGit(['for-each-ref', format], place),
  ])
  const namespace = namespacePrefix(place.env?.GIT_NAMESPACE ?? process.env.GIT_NAMESPACE ?? '')
  const tips = new Set<string>()
  for (const field of splitNul(refs)) {
    const [type, oid = '', peeledType, peeled = '', ...name] = field.toString('latin1').trim().split(' ')
    const full = name.join(' ')
    if (!full.startsWith(namespace) || isHidden(full.slice(namespace.length), full, hidden)) continue
    if (type === 'commit') tips.add(oid)
    else if (peeledType === 'commit') tips.add(peeled)
    else if (peeledType === 'tag') {
      const info = await inspection.catFile.info(`${oid}^{}`)
      if (info?.type === 'commit') tips.add(info.oid)
    }
  }
  return [...tips]
}

/** In the order of git's configuration. */
async function hiddenPatterns({ place }: Inspection): Promise<string[]> {
  const args = ['config', '-z', '--get-regexp', '^(receive|transfer)\\.hiderefs$']
  const { code, stdout } = await tryGit(args, place)
  // 1: there are none.
  if (code > 1) await runGit(args, place)
  return splitNul(stdout).map((field) => {
    const text = field.toString('latin1')
    return text.slice(text.indexOf('\n') + 1).replace(/\/+$/, '')
  })
}

/**
 * As https://git-scm.com/docs/git-config#Documentation/git-config.txt-transferhideRefs has it.
 * @param patterns the last that fits counts; `!` negates, `^` is for the name with its namespace
 */
export function isHidden(name: string, full: string, patterns: readonly string[]): boolean {
  for (const pattern of [...patterns].reverse()) {
    const shown = pattern.startsWith('!')
    const rest = shown ? pattern.slice(1) : pattern
    const subject = rest.startsWith('^') ? full : name
    const prefix = rest.replace(/^\^/, '')
    if (subject === prefix || subject.startsWith(`${prefix}/`)) return !shown
  }
  return false
}

/** `a/b` is `refs/namespaces/a/refs/namespaces/b/`, see https://git-scm.com/docs/gitnamespaces */
function namespacePrefix(namespace: string): string {
  const parts = namespace.split('/').filter((part) => part !== '')
  return parts.map((part) => `refs/namespaces/${part}/`).join('')
}
