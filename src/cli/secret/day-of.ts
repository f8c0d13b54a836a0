/** Seconds since 1970 as a day, `2026-01-31`, in UTC; `?` for what is no time. */
export function dayOf(seconds: number): string {
  return isoTime(seconds)?.slice(0, 10) ?? '?'
}

/** Seconds since 1970 as RFC 3339 has it, in UTC; null for what is no time of a year with four digits. */
export function isoTime(seconds: number): string | null {
  return seconds >= 0 && seconds < 253_402_300_800 ? new Date(seconds * 1000).toISOString() : null
}
