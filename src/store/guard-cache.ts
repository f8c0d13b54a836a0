import { createHash } from 'node:crypto'
import { lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { shellWord } from '../age/shell-word.ts'
import { type BytePath, displayPath, displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { cacheDirs, storeDir } from '../host/nix-dirs.ts'
import { replaceFile } from '../host/replace-file.ts'
import { runProgram } from '../host/run-program.ts'
import { commandEnvironment } from './command-environment.ts'
import { type CachedSource, FetcherCache } from './fetcher-cache.ts'
import { holdsNoPlaintext, shapeOfFile } from './file-shape.ts'
import type { Twin } from './refresh-twin.ts'

/** Plaintext of a protected file that an earlier Nix command left in the store. */
export interface Leak {
  /** Store path of the source. */
  readonly source: string
  readonly path: BytePath
}

interface Remembered {
  /** Hash of the commit and the paths that must be ciphertext. */
  readonly key: string
  /** Names in the store that were looked through. */
  readonly good: readonly string[]
  /** Cache files that answered with nothing but these, by their stamps. */
  readonly files: Readonly<Record<string, string>>
}

/**
 * Sees to it that Nix does not answer for the twin's commit with what it copied from the plaintext work tree: every
 * source that its caches have for the commit must be here, in the store, with ciphertext at each protected path. All
 * others are made unknown to it, so that it copies the twin.
 * @param remember whether what was found may be written down, below the twin
 * @returns plaintext that was found on the way, to be told about
 * @throws NixsecretError `refused` where a cache can't be mended
 */
export async function guardCache(twin: Twin, env: NodeJS.ProcessEnv, remember: boolean): Promise<Leak[]> {
  if (twin.head === null || twin.sealed.length === 0) return []
  const key = createHash('sha256')
    .update(`${twin.head}\0${twin.sealed.join('\0')}`)
    .digest('hex')
  const file = join(twin.place.dir, 'caches.json')
  const known = remember ? remembered(file, key) : null
  const good = new Set(known?.good)
  const files: Record<string, string> = {}
  const leaks: Leak[] = []
  for (const cache of cacheDirs(env).flatMap((dir) => FetcherCache.in(dir))) {
    const { stamp } = cache
    if (known?.files[cache.file] !== stamp) leaks.push(...(await mend(cache, twin, env, good)))
    // What was written since then, be it by us, was not looked at as a whole. And in a form that is not known, another
    // row may answer for another change.
    if (cache.isKnown && cache.stamp === stamp) files[cache.file] = stamp
  }
  const now: Remembered = { key, good: [...good].sort(), files }
  if (remember && JSON.stringify(now) !== JSON.stringify(known)) replaceFile(file, JSON.stringify(now))
  return [...new Map(leaks.map((leak) => [leak.source, leak])).values()]
}

async function mend(
  cache: FetcherCache,
  twin: Twin,
  env: NodeJS.ProcessEnv,
  good: Set<string>,
): Promise<Leak[]> {
  const store = storeDir(env)
  const leaks: Leak[] = []
  const judge = (source: CachedSource): boolean => {
    if (good.has(source.name)) return true
    const judged = judgeSource(join(store, source.name), twin)
    if (judged === 'sealed') good.add(source.name)
    else if (judged !== 'absent') leaks.push({ source: join(store, source.name), path: judged })
    return judged === 'sealed'
  }
  const commit = twin.head as string
  // A later Nix may answer in a form that we don't see.
  if (!cache.isKnown && cache.mentions(commit) && !(await isSealedForNix(twin, env))) throw unmended(cache)
  const bad = cache.sourcesOf(commit, store).filter((source) => !judge(source))
  if (bad.length === 0) return leaks
  try {
    if (cache.canForget) cache.forget(bad)
  } catch (cause) {
    throw unmended(cache, cause)
  }
  // Another Nix may have written back what it had in memory.
  if (cache.sourcesOf(commit, store).some((source) => !good.has(source.name))) throw unmended(cache)
  return leaks
}

/** Whether Nix, asked for the twin, has ciphertext. It copies the twin to the store for that, and evaluates little. */
async function isSealedForNix(twin: Twin, env: NodeJS.ProcessEnv): Promise<boolean> {
  const args = [
    '--extra-experimental-features',
    'nix-command flakes',
    'flake',
    'metadata',
    '--json',
    '--no-write-lock-file',
  ]
  try {
    const { code, stdout } = await runProgram('nix', [...args, twin.place.tree], {
      cwd: '/',
      env: commandEnvironment(env),
    })
    const { path } = (code === 0 ? JSON.parse(stdout.toString('utf8')) : {}) as { path?: unknown }
    return typeof path === 'string' && judgeSource(path, twin) === 'sealed'
  } catch {
    return false
  }
}

/** @returns the first protected path that is plaintext in a source, or that there is none, or no such source */
function judgeSource(source: string, twin: Twin): 'sealed' | 'absent' | BytePath {
  if (lstatSync(source, { throwIfNoEntry: false }) === undefined) return 'absent'
  for (const path of twin.sealed) {
    if (!holdsNoPlaintext(shapeOfFile(source, path))) return path
  }
  return 'sealed'
}

function unmended(cache: FetcherCache, cause?: unknown): NixsecretError {
  const file = displayText(cache.file)
  const what = cache.isKnown
    ? "as plaintext, or where it can't be looked at"
    : 'in a form that is not known yet, and Nix does not show ciphertext for it'
  const message = `${file} says that this commit is in the store, ${what}`
  return new NixsecretError('refused', message, {
    hints: [
      `rm -f ${shellWord(cache.file.replace(/-(wal|journal)$/, ''))}*    # once no other Nix command runs; Nix makes it anew`,
    ],
    cause,
  })
}

function remembered(file: string, key: string): Remembered | null {
  try {
    const known = JSON.parse(readFileSync(file, 'utf8')) as Remembered
    return known.key === key && Array.isArray(known.good) && typeof known.files === 'object' ? known : null
  } catch {
    return null
  }
}

/** For people. */
export function describeLeak({ source, path }: Leak): string {
  return `${displayText(source)} has the plaintext of ${displayPath(path)}, which an earlier Nix command copied`
}
