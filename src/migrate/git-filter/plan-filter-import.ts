import { workFileBytes, workFileId } from '../../blob/work-file.ts'
import { type BytePath, displayPath, displayText, pathBytes } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import type { ReaderMap } from '../gpg/map-readers.ts'
import type { ImportPlace } from '../import-place.ts'
import type { ImportedSecret, ImportPlan } from '../import-plan.ts'
import { attributesEdits } from './attributes-edits.ts'
import type { FilterFamily } from './filter-family.ts'
import { type FilteredFile, type FilterSource, refuseChanged, refuseUnfinished } from './filter-source.ts'
import { type FilteredPlace, type OpenedFile, openFiltered } from './open-filtered.ts'

/** Bytes of plaintext that are kept between looking at all files and taking them in; others are opened twice. */
const KEPT = 64 << 20

/** What a plan for a filter needs beside its files. */
export interface FilterPlanOptions {
  readonly family: FilterFamily
  readonly source: FilterSource
  /** Where `source` was read: this repository, or another that secrets come from. */
  readonly from: FilteredPlace
  /** Whether `source` is this repository's own index. */
  readonly here: boolean
  readonly readers: {
    readonly map: ReaderMap
    /** GPG ids of the users of a filter; null where it has none. */
    idsFor(filter: string): readonly string[] | null
  }
  onProgress?(done: number): void
}

/**
 * Plans to take in what another tool's filter encrypts. Every file is opened at once, for the attributes of all change
 * together: it is all of them or none.
 * @throws NixsecretError `refused` where the work tree has changes, or a file cannot be opened
 */
export async function planFilterImport(place: ImportPlace, options: FilterPlanOptions): Promise<ImportPlan> {
  const { family, source, from, here } = options
  const { map, idsFor } = options.readers
  const readersOf = (filter: string) => {
    const readers = map.readersOf(idsFor(filter))
    if (readers?.length !== 0) return readers
    throw new NixsecretError(
      'refused',
      `nobody would read what filter=${displayText(filter)} encrypts: every GPG user of it is dropped`,
    )
  }
  await refuseUnfinished(source, from.git)
  const { opened, bare } = await openAll(options)
  const attributes = here ? await attributesEdits(place.top, family, source, place.git) : undefined
  const secrets = source.files.map(
    (file): ImportedSecret => ({
      path: file.path,
      from: pathBytes(file.path).toString('utf8'),
      readers: readersOf(file.filter),
      driver: 'nixsecret',
      inPlace: here,
      sealed: null,
      open: async () => opened.get(file) ?? (await openFiltered(file, family, from)).plaintext,
    }),
  )
  return {
    scheme: family.scheme,
    secrets,
    left: source.unfiltered.map((path) => ({
      what: pathBytes(path).toString('utf8'),
      why: 'a symbolic link or a submodule, which git never encrypts',
    })),
    names: map.names,
    groups: map.groups,
    filters: [],
    ...(attributes === undefined ? {} : { attributes }),
    notes: [...bare.map(bareNote), ...map.dropped.map(droppedNote), historyNote(family)],
    hints: [],
  }
}

async function openAll(options: FilterPlanOptions) {
  const { family, source, from } = options
  const opened = new Map<FilteredFile, Buffer>()
  const bare: FilteredFile[] = []
  const changed: BytePath[] = []
  const faults: { file: FilteredFile; fault: NixsecretError }[] = []
  let kept = 0
  for (const [i, file] of source.files.entries()) {
    try {
      const found: OpenedFile = await openFiltered(file, family, from)
      if (found.bare) bare.push(file)
      if (file.captured && isChanged(file, found.plaintext, from.git.cwd)) changed.push(file.path)
      kept += found.plaintext.length
      if (kept <= KEPT) opened.set(file, found.plaintext)
    } catch (fault) {
      if (!(fault instanceof NixsecretError)) throw fault
      faults.push({ file, fault })
    }
    options.onProgress?.(i + 1)
  }
  if (faults.length > 0) throw unopened(faults, source.files.length)
  if (changed.length > 0) throw refuseChanged(changed)
  return { opened, bare }
}

/** Whether the work tree has neither the plaintext nor, locked, the blob. */
function isChanged({ path, oid }: FilteredFile, plaintext: Buffer, top: string): boolean {
  const bytes = workFileBytes(top, path)
  if (bytes === null || bytes.equals(plaintext)) return false
  return workFileId(top, path, oid.length === 40 ? 'sha1' : 'sha256') !== oid
}

/** All that share a reason have the same way out, so the first one's is enough. */
function unopened(faults: { file: FilteredFile; fault: NixsecretError }[], all: number): NixsecretError {
  const [first] = faults as [(typeof faults)[0]]
  const shown = displayPath(first.file.path)
  const more = faults.length === 1 ? '' : `, and ${faults.length - 1} more of ${all} do not come in either`
  return new NixsecretError('refused', `${shown}: ${first.fault.message}${more}; nothing was changed`, {
    hints: first.fault.hints,
  })
}

function bareNote({ path }: FilteredFile): string {
  return `${displayPath(path)} was in git as plaintext, in spite of its filter, and is in the history: change the secret`
}

function droppedNote(id: string): string {
  return `GPG id ${displayText(id)} is dropped: who holds its key reads nothing of this any more`
}

function historyNote({ scheme }: FilterFamily): string {
  return `commits up to now keep their ${scheme} ciphertext: who has its key reads them, and needs it to`
}
