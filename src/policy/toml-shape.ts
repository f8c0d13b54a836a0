import { closestName } from './closest-name.ts'
import type { TomlPath } from './locate-key.ts'
import type { PolicySource, TomlTable } from './policy-source.ts'
import { quoteName } from './quote-name.ts'

/** The value of a key, or undefined. */
export function own(table: TomlTable, key: string): unknown {
  return Object.hasOwn(table, key) ? table[key] : undefined
}

/** Whether a value is a table. */
export function isTable(value: unknown): value is TomlTable {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}

/** A table at the top; empty where there is none. */
export function topTable(source: PolicySource, top: TomlTable, key: string, write = `[${key}]`): TomlTable {
  const value = own(top, key)
  if (value === undefined) return {}
  if (isTable(value)) return value
  throw source.fault([key], `"${key}" must be a table; write ${write}`)
}

/**
 * Refuses a table with a key that nobody knows.
 * @param where for messages, as `rule 3`; empty for the top
 */
export function onlyKeys(
  source: PolicySource,
  table: TomlTable,
  known: readonly string[],
  { path, where }: { readonly path: TomlPath; readonly where: string },
): void {
  for (const key of Object.keys(table)) {
    if (known.includes(key)) continue
    const place = where === '' ? '' : ` in ${where}`
    const near = closestName(key, known)
    const help = near === null ? `known: ${known.join(', ')}` : `did you mean "${near}"?`
    throw source.fault([...path, key], `unknown key ${quoteName(key)}${place}; ${help}`)
  }
}

/** A list of texts, not empty. */
export function texts(source: PolicySource, value: unknown, path: TomlPath, what: string): string[] {
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw source.fault(path, `${what} must be a list of texts; write ["…", "…"]`)
  }
  if (value.length === 0) throw source.fault(path, `${what} is empty`)
  return value
}

/** A list of texts, not empty, each of them once. */
export function names(source: PolicySource, value: unknown, path: TomlPath, what: string): string[] {
  const list = texts(source, value, path, what)
  const seen = new Set<string>()
  for (const [i, name] of list.entries()) {
    if (seen.has(name)) throw source.fault([...path, i], `duplicate name ${quoteName(name)} in ${what}`)
    seen.add(name)
  }
  return list
}
