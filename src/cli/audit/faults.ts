import type { BytePath } from '../../byte-path.ts'
import { displayPath } from '../../byte-path.ts'
import type { NixsecretError } from '../../errors.ts'
import type { Audit } from '../../store/audit/audit-store.ts'
import type { ShownPaths } from './shown-path.ts'

/** What could not be looked at: while there is any, nothing found is no all-clear. */
export function auditFaults(
  audit: Audit,
  keyProblems: readonly NixsecretError[],
  paths: ShownPaths,
): string[] {
  const closed = audit.closed.map(
    ({ path, version, why }) => `${displayPath(path)} (${version}) was not looked for: ${why}`,
  )
  const unreadable = audit.unreadable.map(
    ({ path, code }) =>
      `${displayPath(paths.of(path) as BytePath)} was not looked at: ${WORDS[code] ?? code}`,
  )
  const cut = [...audit.cut].map(
    ({ path }) => `${displayPath(path)} was not looked for line by line to its end: too much`,
  )
  const open = audit.publicLines
    .filter(({ isSecret }) => isSecret)
    .map(
      ({ secret, line, file }) =>
        `${displayPath(secret.path)}, line ${line}: stands in ${displayPath(file)}, which is not encrypted, and was not looked for`,
    )
  return [...closed, ...open, ...unreadable, ...cut, ...keyProblems.map(({ message }) => message)]
}

const WORDS: Readonly<Record<string, string>> = { EACCES: 'no permission', EPERM: 'no permission' }
