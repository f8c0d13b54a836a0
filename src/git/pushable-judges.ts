import { lstatSync, readlinkSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { NixsecretError } from '../errors.ts'
import type { Repository } from './repository.ts'
import { runGit, splitNul, tryGit } from './run-git.ts'
import type { GitPlace } from './true-view.ts'

const SETTINGS = /^gpg\.(program|(openpgp|x509|ssh)\.program|ssh\.(allowedsignersfile|revocationfile))$/
const MAX_LINKS = 40

/**
 * The settings by which git judges signatures, and whose file lies in a work tree of this repository: whoever pushes
 * here can change that file, and so be an allowed signer. In a link on the way to it that counts as well.
 * @returns names of settings, as git prints them (`gpg.ssh.allowedsignersfile`), or `GNUPGHOME`
 */
export async function pushableJudges(repo: Repository, place: GitPlace = {}): Promise<string[]> {
  const tops = new Set((await workTrees(repo, place)).flatMap(idOf))
  if (tops.size === 0) return []
  const free = new Set([repo.gitDir, repo.commonDir].flatMap(idOf))
  const home = place.env?.GNUPGHOME ?? process.env.GNUPGHOME
  const files: [string, string][] = await settings(place)
  if (home) files.push(['GNUPGHOME', home])
  // git reads a relative name at the top, where it runs.
  const base = repo.workTree ?? repo.gitDir
  return files
    .filter(([key, file]) => (key.endsWith('program') ? file.includes('/') : true))
    .filter(([, file]) => liesWithin(resolve(base, file), tops, free))
    .map(([key]) => key)
}

async function settings(place: GitPlace): Promise<[string, string][]> {
  const { code, stdout } = await tryGit(['config', '-z', '--type=path', '--get-regexp', '^gpg\\.'], place)
  // 1: there is none.
  if (code > 1) throw new NixsecretError('git', "cannot read git's configuration of signatures (gpg.*)")
  return splitNul(stdout).flatMap((field): [string, string][] => {
    const text = field.toString('utf8')
    const end = text.indexOf('\n')
    const key = text.slice(0, end === -1 ? undefined : end)
    return end !== -1 && SETTINGS.test(key) ? [[key, text.slice(end + 1)]] : []
  })
}

async function workTrees(repo: Repository, place: GitPlace): Promise<string[]> {
  const listed = await runGit(['worktree', 'list', '--porcelain', '-z'], place)
  const blocks = listed.toString('utf8').split('\0\0')
  const paths = blocks
    .map((block) => block.split('\0'))
    .filter((lines) => !lines.includes('bare'))
    .flatMap((lines) => lines.flatMap((line) => (line.startsWith('worktree ') ? [line.slice(9)] : [])))
  return repo.workTree === null ? paths : [...paths, repo.workTree]
}

/** A directory, by whatever name: a bind mount or another case leads to the same. */
function idOf(path: string): string[] {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat === undefined ? [] : [`${stat.dev}:${stat.ino}`]
}

/** Goes to a file one step at a time: a link may be pushed as well as what it leads to. */
function liesWithin(file: string, tops: ReadonlySet<string>, free: ReadonlySet<string>): boolean {
  let steps = [{ path: '/', within: false }]
  const parts = file.split('/').reverse()
  for (let links = 0; parts.length > 0; ) {
    const part = parts.pop() as string
    const at = steps.at(-1) as (typeof steps)[number]
    if (part === '' || part === '.') continue
    if (part === '..') {
      if (steps.length > 1) steps.pop()
      continue
    }
    const path = join(at.path, part)
    const stat = lstatSync(path, { throwIfNoEntry: false })
    // What is not there may be pushed yet.
    if (stat === undefined) return at.within
    if (stat.isSymbolicLink()) {
      if (at.within || ++links > MAX_LINKS) return true
      const target = readlinkSync(path)
      if (target.startsWith('/')) steps = steps.slice(0, 1)
      parts.push(...target.split('/').reverse())
      continue
    }
    const id = `${stat.dev}:${stat.ino}`
    steps.push({ path, within: tops.has(id) || (at.within && !free.has(id)) })
  }
  return (steps.at(-1) as (typeof steps)[number]).within
}
