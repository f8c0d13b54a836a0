import { tryGit } from '../../git/run-git.ts'

/** Which revision of which repository was judged, as SARIF says it (3.23). */
export interface Provenance {
  /** Absolute, without user, password and query. */
  readonly repositoryUri: string
  readonly revisionId: string
}

/** Where one commit was judged: its id, and where `origin` is. Null where either cannot be told. */
export async function provenanceOf(revision: string): Promise<Provenance | null> {
  const commit = await tryGit([
    'rev-parse',
    '--verify',
    '--quiet',
    '--end-of-options',
    `${revision}^{commit}`,
  ])
  const origin = await tryGit(['remote', 'get-url', '--', 'origin'])
  if (commit.code !== 0 || origin.code !== 0) return null
  const repositoryUri = repositoryUriOf(origin.stdout.toString('utf8').trim())
  return repositoryUri === null
    ? null
    : { repositoryUri, revisionId: commit.stdout.toString('latin1').trim() }
}

/**
 * A remote's URL as one to show: user and password, which may be a token, left out.
 * @param url as git has it: a URL or `[user@]host:path`; null for a path on this machine
 */
export function repositoryUriOf(url: string): string | null {
  const scp = /^(?:[^/@:]*@)?([^/@:]+):(?!\/\/|:)(.+)$/.exec(url)
  const full = scp === null ? url : `ssh://${scp[1]}/${scp[2]?.replace(/^\/+/, '')}`
  if (!/^(https?|ssh|git):\/\//.test(full) || !URL.canParse(full)) return null
  const { protocol, host, pathname } = new URL(full)
  return `${protocol}//${host}${pathname}`
}
