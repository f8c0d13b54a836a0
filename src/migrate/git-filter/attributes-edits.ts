import type { BytePath } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { type AttributesFile, AttributeViews } from '../../git/attribute-view.ts'
import type { GitOptions } from '../../git/run-git.ts'
import { neverEncrypted } from '../../policy/readers-of.ts'
import type { ImportAttributes } from '../import-plan.ts'
import { attributesFiles, withoutOurLines } from './attributes-files.ts'
import { exactPattern } from './exact-pattern.ts'
import type { FilterFamily } from './filter-family.ts'
import { type FilterSource, listed } from './filter-source.ts'
import { type FilterWord, filterMacros, translateAttributes } from './translate-attributes.ts'

/** What our lines set. `filter` comes first: all others of a file that is none of ours are to stay as they were. */
const NAMES = ['filter', 'diff', 'merge', 'text'] as const
const EXCEPTION = NAMES.map((name) => `!${name}`)
/** Files for which a line of their own may say what held before; more would be no translation. */
const RESTORED_LIMIT = 100

/**
 * Plans lines of ours in every `.gitattributes` that names a tool's filter, below all others of the file. git itself
 * then tells that just the files that had that filter have ours, and that nothing changes for any other.
 * @param top of the work tree
 * @throws NixsecretError `refused` where that cannot be had
 */
export async function attributesEdits(
  top: string,
  family: FilterFamily,
  source: FilterSource,
  git: GitOptions,
): Promise<ImportAttributes> {
  const paths = [...new Set(source.index.map(({ path }) => path))]
  const files = attributesFiles(top, paths)
  const views = new AttributeViews(git.env)
  try {
    const before = await (await views.add(files)).values(paths, NAMES)
    const owned = ownedPaths(source, before, family)
    const hidden = source.files.filter(
      ({ captured, path }) => !captured && !isOwned(before.get(path), family),
    )
    if (hidden.length > 0) throw fromElsewhere(hidden.map(({ path }) => path))
    const planned = translated(files, family)
    const after = async () => {
      const changed = planned.map(({ file, lines }) => ({ ...file, content: withLines(file.content, lines) }))
      return (await views.add(changed)).values(paths, NAMES)
    }
    for (const [path, secret] of owned) if (!secret) addLine(planned, path, EXCEPTION)
    // An exception of the other tool holds on, whatever line init wrote since.
    const asBefore = new Map([...before].filter(([path]) => !source.loose.has(path)))
    restoreOthers(planned, asBefore, await after(), owned)
    const values = await after()
    verify(asBefore, values, owned)
    return resultOf(planned, values)
  } finally {
    views.close()
  }
}

/** What has, or had, the other filter: whether it is a secret, or what git hands to no filter or must read itself. */
function ownedPaths(source: FilterSource, before: Values, family: FilterFamily): Map<BytePath, boolean> {
  const owned = new Map(source.files.map(({ path }) => [path, true]))
  for (const path of source.unfiltered) owned.set(path, false)
  for (const [path, values] of before)
    if (neverEncrypted(path) && isOwned(values, family)) owned.set(path, false)
  return owned
}

interface Planned {
  readonly file: AttributesFile
  readonly old: readonly number[]
  readonly lines: string[]
}

type Values = ReadonlyMap<BytePath, readonly string[]>

function translated(files: readonly AttributesFile[], family: FilterFamily): Planned[] {
  const theirs = withoutOurLines(files)
  const main = theirs.find(({ path }) => path === '.gitattributes')
  const owns = (filter: string) => family.owns(filter)
  const macros: ReadonlyMap<string, FilterWord> =
    main === undefined ? new Map() : filterMacros(main.content.toString('latin1'), owns)
  return files.map((file, i) => {
    const { lines, old } = translateAttributes(
      (theirs[i] as AttributesFile).content.toString('latin1'),
      owns,
      macros,
    )
    const head = `# Below, git-nixsecret takes over from ${family.scheme}: the last line that matches counts.`
    return { file, old, lines: lines.length === 0 ? [] : [head, ...lines] }
  })
}

/** Says it in the nearest of the files that change, since that is the one that counts. */
function addLine(planned: readonly Planned[], path: BytePath, words: readonly string[]): void {
  const home = planned.find(({ file, lines }) => lines.length > 0 && path.startsWith(directoryOf(file.path)))
  const below = path.slice(home === undefined ? 0 : directoryOf(home.file.path).length) as BytePath
  home?.lines.push(`${exactPattern(below)} ${words.join(' ')}`)
}

/** Exceptions may stand in files of their own, and take back only what the other tool's lines set. */
function restoreOthers(
  planned: readonly Planned[],
  before: Values,
  after: Values,
  owned: ReadonlyMap<BytePath, boolean>,
): void {
  let count = 0
  for (const [path, values] of before) {
    if (owned.has(path) || same(values, after.get(path))) continue
    if (++count > RESTORED_LIMIT) return
    const words = NAMES.map((name, i) => word(name, values[i] as string))
    addLine(planned, path, words)
  }
}

function verify(before: Values, after: Values, owned: ReadonlyMap<BytePath, boolean>): void {
  const lost: BytePath[] = []
  for (const [path, values] of before) {
    const secret = owned.get(path)
    const now = after.get(path)
    const fits =
      secret === undefined ? same(values, now) : now?.[0] === (secret ? 'nixsecret' : 'unspecified')
    if (!fits) lost.push(path)
  }
  if (lost.length === 0) return
  throw new NixsecretError(
    'refused',
    `the lines of .gitattributes cannot be said with our filter for ${listed(lost)}; make them simpler first`,
    { hints: ['git check-attr -a -- FILE'] },
  )
}

function fromElsewhere(paths: readonly BytePath[]): NixsecretError {
  return new NixsecretError(
    'refused',
    `the filter of ${listed(paths)} is named in no .gitattributes that git has, but in .git/info/attributes or in the user's own: others would not have it`,
    { hints: ['git check-attr filter -- FILE', 'git add .gitattributes'] },
  )
}

function resultOf(planned: readonly Planned[], values: Values): ImportAttributes {
  const changed = planned.filter(({ lines }) => lines.length > 0)
  const filters = [...values].flatMap(([path, [filter = '']]) =>
    filter === 'unspecified' ? [] : [[path, filter] as const],
  )
  return {
    files: changed.map(({ file: { path, content }, lines }) => {
      return { path, before: content, after: withLines(content, lines), added: lines }
    }),
    foreign: [...planned].reverse().flatMap(foreignLines),
    filters: new Map(filters),
  }
}

function foreignLines({ file: { path, content }, old }: Planned) {
  const lines = content.toString('utf8').split('\n')
  return old.map((number) => ({ path, line: number, text: lines[number - 1] ?? '' }))
}

function withLines(content: Buffer, lines: readonly string[]): Buffer {
  if (lines.length === 0) return content
  const text = content.toString('latin1')
  const end = text === '' || text.endsWith('\n') ? '' : '\n'
  return Buffer.from(`${text}${end}${lines.join('\n')}\n`, 'latin1')
}

function isOwned(values: readonly string[] | undefined, family: FilterFamily): boolean {
  return values !== undefined && family.owns(values[0] as string)
}

function same(a: readonly string[], b: readonly string[] | undefined): boolean {
  return b !== undefined && a.every((value, i) => value === b[i])
}

function word(name: string, value: string): string {
  if (value === 'set') return name
  if (value === 'unset') return `-${name}`
  return value === 'unspecified' ? `!${name}` : `${name}=${value}`
}

/** With a slash at its end; `''` for the top. */
function directoryOf(path: BytePath): string {
  return path.slice(0, path.lastIndexOf('/') + 1)
}
