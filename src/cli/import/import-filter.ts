import { resolve } from 'node:path'
import { displayText } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { CatFile } from '../../git/cat-file.ts'
import { openRepository, requireWorkTree } from '../../git/repository.ts'
import { FILTER_FAMILIES, type FilterFamily } from '../../migrate/git-filter/filter-family.ts'
import { type FilterSource, filterSource } from '../../migrate/git-filter/filter-source.ts'
import type { GitCryptKeyFile } from '../../migrate/git-filter/git-crypt-key.ts'
import { gitCryptUsers } from '../../migrate/git-filter/git-crypt-users.ts'
import type { FilteredPlace } from '../../migrate/git-filter/open-filtered.ts'
import { planFilterImport } from '../../migrate/git-filter/plan-filter-import.ts'
import { Gpg } from '../../migrate/gpg/gpg.ts'
import { type ReaderMap, sameReaders } from '../../migrate/gpg/map-readers.ts'
import { Workspace } from '../../secret/workspace.ts'
import { askOnTerminal } from '../ask-on-terminal.ts'
import { CounterLine } from '../secret/counter-line.ts'
import { resolveReaders } from './resolve-readers.ts'
import { IMPORT_OPTIONS, runPlan } from './run-plan.ts'
import { withOwnReaders } from './with-own-readers.ts'

/** Options of every scheme that is a filter of git. */
export const FILTER_OPTIONS = {
  ...IMPORT_OPTIONS,
  readers: { type: 'string' },
  to: { type: 'string', multiple: true },
} as const

/** What the command line gave for {@link FILTER_OPTIONS}. */
export interface FilterValues {
  readonly 'dry-run'?: boolean
  readonly json?: boolean
  readonly readers?: string
  readonly to?: string[]
}

/** Where the files may come from beside this repository's own filter. */
export interface FilterOrigin {
  readonly keys: readonly GitCryptKeyFile[]
  /** Another clone, absolute; files come from there if none of this repository goes through the filter. */
  readonly from: string | null
}

/** Takes over what another tool's filter encrypts. @returns the exit code */
export async function importFilter(
  scheme: FilterFamily['scheme'],
  values: FilterValues,
  { keys, from }: FilterOrigin = { keys: [], from: null },
): Promise<number> {
  if (values.readers !== undefined && values.to !== undefined)
    throw new NixsecretError('usage', '--readers and --to both say who is to read: choose one')
  const family = FILTER_FAMILIES[scheme]
  const space = await Workspace.open(askOnTerminal)
  const opened: CatFile[] = []
  try {
    const here: FilteredPlace = { git: space.git, catFile: space.catFile, keys }
    let place = here
    let source = await filterSource(family, { ...space.git, cwd: space.top }, space.catFile)
    if (source.files.length === 0 && from !== null) {
      place = await placeAt(from, keys, opened)
      source = await filterSource(family, place.git, place.catFile)
    }
    if (source.files.length === 0) throw nothing(family)
    const readers = await readersOf(space, family, source, values)
    const counter = new CounterLine('opening files', source.files.length)
    const plan = await planFilterImport(space, {
      family,
      source,
      from: place,
      here: place === here,
      readers,
      onProgress: counter.show,
    }).finally(() => counter.end())
    return await runPlan(space, plan, {
      dryRun: values['dry-run'] ?? false,
      json: values.json ?? false,
      reseal: false,
    })
  } finally {
    for (const catFile of opened) catFile.close()
    space.close()
  }
}

async function placeAt(
  dir: string,
  keys: readonly GitCryptKeyFile[],
  opened: CatFile[],
): Promise<FilteredPlace> {
  const git = { cwd: requireWorkTree(await openRepository(dir)) }
  const catFile = new CatFile(git)
  opened.push(catFile)
  return { git, catFile, keys }
}

function nothing({ scheme }: FilterFamily): NixsecretError {
  return new NixsecretError('missing', `no file here goes through the filter of ${displayText(scheme)}`, {
    hints: ['git check-attr filter -- FILE'],
  })
}

/** By `--to`, else by the GPG users that git-crypt has for each of its keys, else by the policy. */
async function readersOf(
  space: Workspace,
  family: FilterFamily,
  { index, files }: FilterSource,
  { to, readers: table }: FilterValues,
): Promise<{ map: ReaderMap; idsFor(filter: string): readonly string[] | null }> {
  const policy = await space.policyOrNull()
  const users = family.scheme === 'git-crypt' ? gitCryptUsers(index.map(({ path }) => path)) : new Map()
  const idsFor = (filter: string) => users.get(filter.replace(/^git-crypt-?/, '')) ?? null
  if (to !== undefined) return { map: sameReaders(to, policy), idsFor }
  const ids = [...new Set(files.flatMap(({ filter }) => idsFor(filter) ?? []))]
  const gpg = ids.length === 0 ? null : await Gpg.find().catch(() => null)
  const map = await resolveReaders(ids, {
    scheme: family.scheme,
    table: table === undefined ? null : resolve(table),
    policy,
    gpg,
  })
  return { map: await withOwnReaders(space, map), idsFor }
}
