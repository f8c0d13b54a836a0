import { lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'smol-toml'
import { beginsAsAge } from '../../age/inspect.ts'
import { shellWord } from '../../age/shell-word.ts'
import { openBlob } from '../../blob/open-blob.ts'
import { type BytePath, displayPath, displayText, textPath } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { filterAttributes } from '../../git/check-attr.ts'
import { listIndex, type TreeEntry } from '../../git/list-index.ts'
import { splitNul, tryGit } from '../../git/run-git.ts'
import { neverEncrypted } from '../../policy/readers-of.ts'
import type { ImportPlace } from '../import-place.ts'
import type { ImportedSecret, ImportPlan, LeftOut } from '../import-plan.ts'

const CONFIG_FILE = 'git-agecrypt.toml'
/** Bytes; it names files and keys. */
const MAX_CONFIG = 1 << 20

/**
 * Plans the import of what git-agecrypt has: its blobs are binary age files, read from git's index; its
 * `git-agecrypt.toml` says for whom each path is (https://github.com/vlaci/git-agecrypt, src/config/app.rs).
 * @throws NixsecretError `missing` where there is no `git-agecrypt.toml`, `format` where it can't be read
 */
export async function planAgecrypt(place: ImportPlace): Promise<ImportPlan> {
  const readers = readConfig(place.top)
  const entries = (await listIndex(place.git)).filter(({ stage }) => stage === 0)
  const filters = await filterAttributes(
    entries.map(({ path }) => path),
    { ...place.git, cached: false },
  )
  const secrets: ImportedSecret[] = []
  const left: LeftOut[] = []
  const notes: string[] = []
  for (const entry of entries) {
    // What is ours already was imported before: its blob is in place.
    if (neverEncrypted(entry.path)) continue
    const filter = filters.get(entry.path)
    const keys = readers.get(entry.path)
    if (filter !== 'git-agecrypt' && (filter !== 'nixsecret' || keys === undefined)) continue
    const found = await secretOf(place, entry, keys)
    if (typeof found === 'string') left.push({ what: displayPath(entry.path), why: found })
    else secrets.push(found)
    if (typeof found !== 'string' && found.sealed === null)
      notes.push(
        `${displayPath(entry.path)} was plaintext in git, and stays so in the history: change that secret`,
      )
  }
  const there = new Set(entries.map(({ path }) => path))
  for (const path of readers.keys()) {
    if (!there.has(path)) left.push({ what: displayPath(path), why: 'git does not track it' })
    else if (!filters.has(path))
      left.push({ what: displayPath(path), why: 'no .gitattributes line says that git-agecrypt filters it' })
  }
  const identities = await missingIdentities(place)
  if (identities.length > 0)
    notes.push('git-agecrypt has keys in its configuration that git-nixsecret does not use yet')
  return {
    scheme: 'git-agecrypt',
    secrets,
    left,
    names: new Map(),
    groups: [],
    filters: ['git-agecrypt'],
    notes,
    hints: identities.map((file) => `git config --add nixsecret.identity ${shellWord(displayText(file))}`),
  }
}

/** @returns why it can't come in, or the secret */
async function secretOf(
  place: ImportPlace,
  { path, oid, mode }: TreeEntry,
  keys: readonly string[] | undefined,
): Promise<ImportedSecret | string> {
  if (!mode.startsWith('100')) return 'it is no regular file'
  if (keys === undefined) return `${CONFIG_FILE} names no recipient for it`
  const blob = (await place.catFile.get(oid))?.content
  if (blob === undefined) return 'git has no such blob here'
  const isSealed = beginsAsAge(blob) || blob.length === 0
  return {
    path,
    from: displayPath(path),
    readers: keys.map((key) => ({ key })),
    driver: 'nixsecret',
    inPlace: true,
    sealed: isSealed ? blob : null,
    open: async () => (isSealed ? plaintextOf(blob, place) : blob),
  }
}

async function plaintextOf(blob: Buffer, place: ImportPlace): Promise<Uint8Array | null> {
  if (blob.length === 0) return blob
  const opened = await openBlob(blob, await place.keys.identities())
  if (opened.state === 'open') return opened.plaintext
  if (opened.state === 'locked') return null
  throw new NixsecretError('format', opened.state === 'damaged' ? `damaged: ${opened.reason}` : 'no age file')
}

/** Path → public keys. git-agecrypt compares paths as they are written, from the top. */
function readConfig(top: string): Map<BytePath, readonly string[]> {
  const file = join(top, CONFIG_FILE)
  const stat = lstatSync(file, { throwIfNoEntry: false })
  if (stat === undefined || !stat.isFile()) {
    throw new NixsecretError('missing', `there is no ${CONFIG_FILE} at the top of this repository`)
  }
  if (stat.size > MAX_CONFIG) throw new NixsecretError('format', `${CONFIG_FILE} is larger than 1 MiB`)
  const { config } = parsed(readFileSync(file, 'utf8'))
  const readers = new Map<BytePath, readonly string[]>()
  for (const [path, keys] of Object.entries(config ?? {})) {
    if (!Array.isArray(keys) || !keys.every((key) => typeof key === 'string'))
      throw new NixsecretError('format', `${CONFIG_FILE}: ${displayText(path)} has no list of recipients`)
    readers.set(textPath(path.replace(/^\.\//, '')), keys)
  }
  return readers
}

function parsed(text: string): { config?: Record<string, unknown> } {
  try {
    const data = parse(text, { maxDepth: 8 }) as { config?: Record<string, unknown> }
    if (typeof data.config === 'object') return data
  } catch {
    // The parser's message repeats lines of the file.
  }
  throw new NixsecretError('format', `${CONFIG_FILE} has no table [config] that can be read`)
}

/** Private keys that git-agecrypt uses here, and we would not. */
async function missingIdentities(place: ImportPlace): Promise<string[]> {
  const { stdout } = await tryGit(
    ['config', '--type=path', '-z', '--get-all', 'git-agecrypt.config.identity'],
    place.git,
  )
  const ours = new Set(await place.keys.paths())
  return splitNul(stdout)
    .map((path) => path.toString('utf8'))
    .filter((path) => !ours.has(path))
}
