import { compilePattern, type PathMatcher } from './match-path.ts'
import { parsePattern } from './parse-pattern.ts'

/**
 * As {@link compilePattern}, but compiled when it is first asked: git's filter reads the policy at every command, and
 * never asks what `check` allows.
 * @throws NixsecretError `policy`, without file and line, where the pattern is unsound
 */
export function lazyPattern(pattern: string): PathMatcher {
  parsePattern(pattern)
  let matches: PathMatcher | null = null
  return (path) => {
    matches ??= compilePattern(pattern)
    return matches(path)
  }
}
