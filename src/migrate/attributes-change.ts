import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BytePath } from '../byte-path.ts'
import { attributesLines } from '../git/attributes-lines.ts'
import { driverOf, filterAttributes } from '../git/check-attr.ts'
import { escapePattern } from './escape-pattern.ts'
import type { ImportPlace } from './import-place.ts'
import type { PreparedSecret } from './prepared-secret.ts'

/** The `.gitattributes` at the top that an import needs. */
export interface AttributesChange {
  /** Null where there is none yet. */
  readonly before: string | null
  readonly after: string
  readonly added: readonly string[]
}

/**
 * Plans a line for each secret that does not have its driver yet: below all others, where the last match counts.
 * @param place `git` is asked what holds now
 */
export async function planAttributesChange(
  place: ImportPlace,
  secrets: readonly PreparedSecret[],
): Promise<AttributesChange> {
  const before = textOf(join(place.top, '.gitattributes'))
  const now = await filterAttributes(
    secrets.map(({ secret }) => secret.path),
    { ...place.git, cached: false },
  )
  const open = secrets.filter(({ secret }) => driverOf(now.get(secret.path)) !== secret.driver)
  const added = open.map(({ secret }) => {
    const [line = ''] = attributesLines(escapePattern(secret.path) as string, secret.driver)
    return line
  })
  if (added.length === 0) return { before, after: before ?? '', added }
  // What an earlier import said of the same path with the other driver.
  const replaced = new Set(open.flatMap(({ secret }) => bothLines(secret.path)))
  const kept = (before ?? '').split('\n').filter((line) => !replaced.has(line))
  if (kept.at(-1) === '') kept.pop()
  return { before, after: `${[...kept, ...added].join('\n')}\n`, added }
}

function bothLines(path: BytePath): string[] {
  const pattern = escapePattern(path) as string
  return (['nixsecret', 'nixsecret-sealed'] as const).flatMap((driver) => attributesLines(pattern, driver))
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw fault
  }
}
