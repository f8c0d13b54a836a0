import type { Policy } from './policy.ts'

/** What a policy calls some keys, in its order. @param keys in canonical form */
export function namesOfKeys(
  policy: Policy,
  keys: readonly string[],
  canonical: (key: string) => string,
): string[] {
  const wanted = new Set(keys)
  return [...policy.recipients].flatMap(([name, key]) => (wanted.has(canonical(key)) ? [name] : []))
}
