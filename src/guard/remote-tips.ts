import { runGit, splitNul, tryGit } from '../git/run-git.ts'
import type { Inspection } from './inspection.ts'

/**
 * The commits that a remote had when it was last asked: `refs/remotes/NAME/`.
 * None where the push goes to a URL, or to another repository than the one that is fetched from
 * (`remote.NAME.pushurl` of a fork): of that one they say nothing.
 *
 * Where it lacks a branch that it had, it may be another repository (`git remote set-url`) or begun anew: then it is
 * asked what it has.
 * @param absent full names of refs that the remote says it has not
 */
export async function trackedTips(
  inspection: Inspection,
  { remote, url, absent }: { remote: string; url: string; absent: ReadonlySet<string> },
): Promise<string[]> {
  const names = (await runGit(['remote'], inspection.place)).toString('utf8').split('\n')
  if (!names.includes(remote)) return []
  const fetched = await tryGit(['remote', 'get-url', '--', remote], inspection.place)
  if (fetched.code !== 0 || !sameRepository(fetched.stdout.toString('utf8').replace(/\n$/, ''), url))
    return []
  const format = '--format=%(objecttype) %(objectname) %(refname)%00'
  const refs = splitNul(await runGit(['for-each-ref', format, 'refs/remotes/'], inspection.place))
  const nested = names.filter((name) => name.startsWith(`${remote}/`))
  const tracked = refs.flatMap((field) => {
    const [type, oid = '', ref = ''] = field.toString('utf8').trim().split(' ')
    const inside = (name: string) => ref.startsWith(`refs/remotes/${name}/`)
    return type === 'commit' && inside(remote) && !nested.some(inside) ? [{ oid, ref }] : []
  })
  const start = `refs/remotes/${remote}/`.length
  if (tracked.some(({ ref }) => absent.has(`refs/heads/${ref.slice(start)}`)))
    return presentTips(inspection, url)
  return tracked.map(({ oid }) => oid)
}

/** The commits that a remote has now, of those that are here. None where it does not say. */
async function presentTips({ place, catFile }: Inspection, url: string): Promise<string[]> {
  const env = { ...place.env, GIT_TERMINAL_PROMPT: '0' }
  const { code, stdout } = await tryGit(['ls-remote', '--quiet', '--', url], { ...place, env })
  if (code !== 0) return []
  const oids = stdout
    .toString('latin1')
    .split('\n')
    .flatMap((line) => /^[0-9a-f]+(?=\t)/.exec(line)?.[0] ?? [])
  const infos = await Promise.all([...new Set(oids)].map((oid) => catFile.info(oid)))
  return infos.flatMap((info) => (info?.type === 'commit' ? [info.oid] : []))
}

/** Whether a partial clone left out what it did because the repository at this URL has it. */
export async function promisedBy(inspection: Inspection, url: string): Promise<boolean> {
  for (const remote of await inspection.objects.promisors()) {
    const fetched = await tryGit(['remote', 'get-url', '--', remote], inspection.place)
    const from = fetched.stdout.toString('utf8').replace(/\n$/, '')
    if (fetched.code === 0 && sameRepository(from, url)) return true
  }
  return false
}

/** Whether two URLs lead to one repository, by another protocol or user at most. */
export function sameRepository(one: string, other: string): boolean {
  const [a, b] = [parse(one), parse(other)]
  const samePort = a.port === b.port || a.protocol !== b.protocol
  return a.host === b.host && a.path === b.path && samePort
}

/** Forms of https://git-scm.com/docs/git-fetch#_git_urls; what is none of them is a path. */
function parse(url: string): { protocol: string; host: string; port: string; path: string } {
  const bare = url.replace(/\/+$/, '').replace(/\.git$/, '')
  const full = /^([a-z][a-z0-9+.-]*):\/\/(?:[^/@]*@)?([^/:]*)(?::(\d+))?\/(.*)$/i.exec(bare)
  const scp = /^(?:[^/@:]*@)?([^/:]+):(.*)$/.exec(bare)
  if (full === null && scp === null) return { protocol: 'file', host: '', port: '', path: bare }
  const [, protocol = '', host = '', port = '', path = ''] = full ?? [null, 'ssh', scp?.[1], '', scp?.[2]]
  const where = { protocol: protocol.toLowerCase(), host: host.toLowerCase(), port }
  return { ...where, path: where.protocol === 'file' ? `/${path}` : path.replace(/^\/+/, '') }
}
