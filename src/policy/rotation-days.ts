import type { TomlPath } from './locate-key.ts'
import type { PolicySource } from './policy-source.ts'

const DAYS: Readonly<Record<string, number>> = { d: 1, w: 7, y: 365 }
const MOST_DAYS = 36_500

/**
 * Reads `rotate = "90d"`: days, weeks or years of 365 days. No months: they differ, and `m` is minutes elsewhere.
 * @param where for messages, as `rule 3`
 * @returns days; null where there is no such key
 * @throws NixsecretError `policy` with file, line and what to write instead
 */
export function rotationDays(
  source: PolicySource,
  value: unknown,
  path: TomlPath,
  where: string,
): number | null {
  if (value === undefined) return null
  const [, count, unit] = (typeof value === 'string' ? /^([1-9][0-9]{0,4})([dwy])$/.exec(value) : null) ?? []
  const days = Number(count) * (DAYS[unit ?? ''] ?? Number.NaN)
  if (days <= MOST_DAYS) return days
  const help = 'write rotate = "90d": a number of days (d), weeks (w) or years (y), at most 100 years'
  throw source.fault(path, `unknown "rotate" in ${where}; ${help}`)
}
