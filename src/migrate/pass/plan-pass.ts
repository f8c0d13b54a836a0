import { readFileSync } from 'node:fs'
import { workFileBytes } from '../../blob/work-file.ts'
import { type BytePath, displayPath, displayText, pathBytes, textPath } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { attributesLines } from '../../git/attributes-lines.ts'
import { driverOf, filterAttributes } from '../../git/check-attr.ts'
import { listIndex } from '../../git/list-index.ts'
import { escapePattern } from '../escape-pattern.ts'
import type { Gpg } from '../gpg/gpg.ts'
import type { ReaderMap } from '../gpg/map-readers.ts'
import type { ImportPlace } from '../import-place.ts'
import type { ImportAttributes, ImportedSecret, ImportPlan, ImportRule, LeftOut } from '../import-plan.ts'
import { entryPaths } from './entry-paths.ts'
import type { PassEntry, PassStore } from './read-store.ts'

/** Bytes of an encrypted entry. */
const LARGEST = 64 << 20

/** What a plan for a password store needs beside it. */
export interface PassPlanOptions {
  /** Where entries go, without a slash at its end; `''` is the top. */
  readonly into: BytePath | ''
  readonly gpg: Pick<Gpg, 'decrypt'>
  readonly readers: ReaderMap
}

/**
 * Plans to take the entries of a password store into this repository. Nothing is decrypted yet.
 * @throws NixsecretError `refused` where an entry would have no reader left
 */
export async function planPass(
  place: ImportPlace,
  store: PassStore,
  { into, gpg, readers }: PassPlanOptions,
): Promise<ImportPlan> {
  const paths = entryPaths(
    store.entries.map(({ name }) => name),
    into,
  )
  const left: LeftOut[] = [...store.left]
  const secrets: ImportedSecret[] = []
  const moved: string[] = []
  for (const entry of store.entries) {
    const path = paths.get(entry.name) ?? null
    if (path === null) left.push({ what: nameOf(entry), why: 'git stores nothing under such a name' })
    else {
      if (path !== join(into, entry.name)) moved.push(`${displayPath(entry.name)} is at ${displayPath(path)}`)
      secrets.push(secretOf(entry, path, gpg, readers))
    }
  }
  return {
    scheme: 'pass',
    secrets,
    left,
    names: readers.names,
    groups: readers.groups,
    rules: rulesOf(store, into, readers),
    filters: [],
    ...(secrets.length > 0 ? await attributesOf(place, into) : {}),
    notes: notesOf(store, moved, readers),
    hints: [],
  }
}

/** One for each folder with a `.gpg-id` of its own, the deepest first, as pass looks for it. */
function rulesOf({ entries }: PassStore, into: BytePath | '', readers: ReaderMap): ImportRule[] {
  const folders = new Map(entries.flatMap(({ ids, idsIn }) => (ids === null ? [] : [[idsIn, ids] as const])))
  const depth = (folder: string) => (folder === '' ? 0 : folder.split('/').length)
  return [...folders]
    .sort(([a], [b]) => depth(b) - depth(a))
    .flatMap(([folder, ids]) => {
      const pattern = patternBelow(join(into, folder))
      const to = readers.readersOf(ids)
      return pattern === null || to === null || to.length === 0 ? [] : [{ paths: [pattern], readers: to }]
    })
}

/** Everything below a directory; null at the top, where it would be the whole repository. */
function patternBelow(directory: BytePath | ''): string | null {
  const pattern = directory === '' ? null : escapePattern(directory)
  return pattern === null ? null : `${pattern}/**`
}

/** One line for all, those that come later too, rather than one for each; none where there is one, or it would reach others. */
async function attributesOf(
  place: ImportPlace,
  into: BytePath | '',
): Promise<{ attributes?: ImportAttributes }> {
  const pattern = patternBelow(into)
  const tracked = [...new Set((await listIndex(place.git)).map((entry) => entry.path))]
  if (pattern === null || tracked.some((name) => name.startsWith(`${into}/`))) return {}
  const probe = join(into, textPath('new-secret'))
  const filters = await filterAttributes([...tracked, probe], { ...place.git, cached: false })
  if (driverOf(filters.get(probe)) !== null) return {}
  const path = textPath('.gitattributes')
  const before = workFileBytes(place.top, path)
  const [line = ''] = attributesLines(pattern, 'nixsecret')
  const text = before?.toString('latin1') ?? ''
  const added = Buffer.from(line, 'utf8').toString('latin1')
  const after = Buffer.from(`${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${added}\n`, 'latin1')
  return { attributes: { files: [{ path, before, after, added: [added] }], foreign: [], filters } }
}

function secretOf(
  entry: PassEntry,
  path: BytePath,
  gpg: PassPlanOptions['gpg'],
  readers: ReaderMap,
): ImportedSecret {
  const to = readers.readersOf(entry.ids)
  if (to !== null && to.length === 0) {
    throw new NixsecretError(
      'refused',
      `nobody would read ${displayPath(entry.name)}: every GPG id of it is dropped`,
    )
  }
  return {
    path,
    from: `pass ${nameOf(entry)}`,
    readers: to,
    driver: 'nixsecret',
    inPlace: false,
    sealed: null,
    open: async () => gpg.decrypt(readEntry(entry)),
  }
}

function readEntry({ file }: PassEntry): Buffer {
  try {
    const bytes = readFileSync(file)
    if (bytes.length <= LARGEST) return bytes
  } catch (cause) {
    throw new NixsecretError('missing', 'its file cannot be read', { cause })
  }
  throw new NixsecretError('refused', `it is larger than ${LARGEST >> 20} MiB`)
}

function notesOf({ entries }: PassStore, moved: readonly string[], { dropped }: ReaderMap): string[] {
  const open = entries.filter(({ ids }) => ids === null).length
  return [
    ...moved.map(
      (text) => `git has no file and directory of one name, nor files like .gitignore as secrets: ${text}`,
    ),
    ...dropped.map(
      (id) => `GPG id ${displayText(id)} is dropped: who holds its key reads nothing of this any more`,
    ),
    ...(open === 0 ? [] : [`no .gpg-id says whom ${open} of them are for: nixsecret.toml says it now`]),
    'the password store is as it was; who could read it, still reads what is in it and in its history',
  ]
}

function join(into: BytePath | '', name: BytePath | ''): BytePath {
  return (into === '' || name === '' ? into + name : `${into}/${name}`) as BytePath
}

function nameOf({ name }: PassEntry): string {
  return pathBytes(name).toString('utf8')
}
