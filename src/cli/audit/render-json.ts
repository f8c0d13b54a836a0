import type { BytePath } from '../../byte-path.ts'
import { displayText } from '../../byte-path.ts'
import type { Audit } from '../../store/audit/audit-store.ts'
import type { Leak } from '../../store/audit/leak.ts'
import type { Meaning } from '../../store/audit/secret.ts'
import { jsonPath } from '../secret/json-path.ts'
import type { ShownPaths } from './shown-path.ts'

/** An audit as JSON; the format is in the command's help. */
export function renderJson(
  audit: Audit,
  store: string,
  faults: readonly string[],
  paths: ShownPaths,
): string {
  const path = (bytes: string) => jsonPath(paths.of(bytes) as BytePath)
  const { leaks, allowed, looked, removal } = audit
  const document = {
    version: 1,
    store: displayText(store),
    leaks: [
      ...leaks.flatMap((leak) => asJson(leak, false, path)),
      ...allowed.flatMap((leak) => asJson(leak, true, path)),
    ],
    complete: faults.length === 0,
    faults,
    looked,
    removed: removal?.removed.map(path) ?? null,
    kept: removal?.kept.map(({ place, why }) => ({ place: path(place), why })) ?? null,
  }
  return JSON.stringify(document, null, 2)
}

function asJson({ kind, place, files, roots }: Leak, allowed: boolean, shown: (path: string) => string) {
  return files.flatMap((file) =>
    distinct(file.meanings).map(({ secret, version, form, line }) => ({
      place: shown(place),
      path: shown(file.path),
      kind,
      in: file.in,
      secret: jsonPath(secret.path),
      'private-key': secret.kind === 'private-key',
      version,
      form,
      line,
      roots: roots?.map((root) => displayText(root)) ?? null,
      allowed,
    })),
  )
}

/** One for each secret, form and line: the newest content that has it. */
function distinct(meanings: readonly Meaning[]): Meaning[] {
  const seen = new Set<string>()
  return meanings.filter(({ secret, form, line }) => {
    const key = `${form} ${line} ${secret.path}`
    return !seen.has(key) && seen.add(key)
  })
}
