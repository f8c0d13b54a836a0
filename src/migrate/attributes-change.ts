import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { workFilePath } from '../blob/work-file.ts'
import { type BytePath, textPath } from '../byte-path.ts'
import { attributesLines } from '../git/attributes-lines.ts'
import { driverOf, filterAttributes } from '../git/check-attr.ts'
import { listIndex } from '../git/list-index.ts'
import { neverEncrypted } from '../policy/readers-of.ts'
import { escapePattern } from './escape-pattern.ts'
import type { ImportPlace } from './import-place.ts'
import type { ImportAttributes, ImportPlan } from './import-plan.ts'
import { type ForeignLine, linesBelow } from './lines-below.ts'
import type { PreparedSecret } from './prepared-secret.ts'

/** One `.gitattributes` file that an import changes. */
export interface AttributesFile {
  readonly path: BytePath
  /** Null where there is none yet. */
  readonly before: string | Buffer | null
  readonly after: string | Buffer
}

/** What `.gitattributes` are to say. */
export interface AttributesChange {
  /** Only files that change. */
  readonly files: readonly AttributesFile[]
  readonly added: readonly string[]
  /** Lines of the other tool, which nothing needs any more. */
  readonly foreign: readonly (ForeignLine & { readonly path: BytePath })[]
  /** The filters that every path which git tracks has now, or is to have; secrets will have their own. */
  readonly now: ReadonlyMap<BytePath, string>
}

const TOP = textPath('.gitattributes')
const REST = 'filter=nixsecret diff=nixsecret merge=nixsecret -text'

/**
 * Plans lines for the secrets that do not have their driver yet: below those of the other tool, where all that they
 * name comes in; else one for each secret at the end of the file at the top, where the last match counts.
 */
export async function planAttributesChange(
  place: ImportPlace,
  secrets: readonly PreparedSecret[],
  { filters, attributes }: Pick<ImportPlan, 'filters' | 'attributes'>,
): Promise<AttributesChange> {
  if (attributes !== undefined) return { ...attributes, ...addedBy(attributes), now: attributes.filters }
  const tracked = (await listIndex(place.git)).map(({ path }) => path)
  const coming = new Map(secrets.map(({ secret }) => [secret.path, secret]))
  const now = await filterAttributes([...new Set([...tracked, ...coming.keys()])], {
    ...place.git,
    cached: false,
  })
  const isForeign = (path: BytePath) => filters.includes(now.get(path) ?? '') && !neverEncrypted(path)
  const takesOver = tracked.every((path) => !isForeign(path) || coming.get(path)?.driver === 'nixsecret')
  const texts = new Map([[TOP, textOf(place.top, TOP)]])
  for (const path of tracked)
    if (basename(path) === '.gitattributes') texts.set(path, textOf(place.top, path))
  const change: Change = { files: new Map(), added: [], foreign: [] }
  if (filters.length > 0) putBelow(change, texts, filters, takesOver)
  const open = secrets.filter(({ secret: { path, driver } }) => {
    return driverOf(now.get(path)) !== driver && !(takesOver && isForeign(path))
  })
  if (open.length > 0) {
    const before = change.files.get(TOP) ?? texts.get(TOP) ?? ''
    change.files.set(TOP, withLines(before, open, change.added))
  }
  const files = [...change.files].map(([path, after]) => ({ path, before: texts.get(path) ?? null, after }))
  return { files, added: change.added, foreign: change.foreign, now }
}

function addedBy({ files }: ImportAttributes): Pick<AttributesChange, 'added'> {
  return {
    added: files.flatMap(({ added }) => added.map((line) => Buffer.from(line, 'latin1').toString('utf8'))),
  }
}

interface Change {
  readonly files: Map<BytePath, string>
  readonly added: string[]
  readonly foreign: (ForeignLine & { path: BytePath })[]
}

function putBelow(
  change: Change,
  texts: ReadonlyMap<BytePath, string | null>,
  filters: readonly string[],
  takesOver: boolean,
): void {
  for (const [path, text] of texts) {
    const { after, added, foreign } = linesBelow(text ?? '', filters, REST)
    change.foreign.push(...foreign.map((line) => ({ ...line, path })))
    if (!takesOver || added.length === 0) continue
    change.files.set(path, after)
    change.added.push(...added)
  }
}

function withLines(before: string, secrets: readonly PreparedSecret[], added: string[]): string {
  const lines = secrets.map(({ secret }) => lineFor(secret.path, secret.driver))
  added.push(...lines)
  // What an earlier import said of the same path with the other driver.
  const replaced = new Set(
    secrets.flatMap(({ secret: { path } }) => [
      lineFor(path, 'nixsecret'),
      lineFor(path, 'nixsecret-sealed'),
    ]),
  )
  const kept = before.split('\n').filter((line) => !replaced.has(line))
  if (kept.at(-1) === '') kept.pop()
  return `${[...kept, ...lines].join('\n')}\n`
}

function lineFor(path: BytePath, driver: PreparedSecret['secret']['driver']): string {
  return attributesLines(escapePattern(path) as string, driver)[0] ?? ''
}

function textOf(top: string, path: BytePath): string | null {
  try {
    return readFileSync(workFilePath(top, path), 'utf8')
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw fault
  }
}
