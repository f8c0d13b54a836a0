import type { Expr } from './ast.ts'
import { FactCollector } from './fact-collector.ts'
import type { NixFact } from './facts.ts'
import { parseNix } from './parse-nix.ts'
import { walkFile } from './walk-file.ts'

/** Larger files are not judged, in bytes. */
const MAX_SIZE = 4 << 20
/** Without any of these there is nothing to be found: a path, or a word that an option or function of ours has. */
const WORTH_A_LOOK =
  /[\w.-]\/[\w.$]|\.\.|\bself\b|pass|pwd|psk|secret|token|key|cred|auth|cookie|salt|seed|bearer|encrypt|pin|pw|hash|exec|extraBuiltins|env/i
const CUT = {
  size: 'it is too large',
  depth: 'it is nested too deeply',
  faults: 'too much of it is no Nix',
  end: 'it ends within a text, a comment or a bracket',
} as const

/**
 * What a Nix file puts, or may put, in the world-readable store, as far as the file itself says.
 * @param source latin1, so that offsets are bytes
 * @returns in order of offset; an `unreadable` fact where not all of it could be judged
 */
export function nixFacts(source: string): readonly NixFact[] {
  const facts = new FactCollector()
  if (source.length > MAX_SIZE) {
    facts.unreadable(0, CUT.size)
    return facts.all()
  }
  if (!WORTH_A_LOOK.test(source)) return []
  const { root, cut, errors } = parseNix(withoutMarkers(source))
  const stopped = walkFile(root, facts) ?? (cut === undefined ? null : CUT[cut])
  if (stopped !== null) facts.unreadable(0, stopped)
  else if (isUnclosed(source, root, errors)) facts.unreadable(0, CUT.end)
  return facts.all()
}

/** Whether what was begun goes on to the end of the file, which hides all that stands behind it. */
function isUnclosed(source: string, root: Expr, errors: readonly number[]): boolean {
  // Nothing but comments.
  if (root.kind === 'error' && root.items.length === 0) return false
  const atEnd = errors.at(-1) === source.length
  return atEnd || errors.some((at) => source.startsWith('/*', at) || source.startsWith('/*', at - 1))
}

/** Both sides of a conflict that was committed are in the file; between its markers each is Nix as a rule. */
function withoutMarkers(source: string): string {
  if (!source.includes('<<<<<<< ') || !source.includes('>>>>>>> ')) return source
  return source.replace(/^(?:<<<<<<<|\|\|\|\|\|\|\||=======|>>>>>>>)(?![^ \r\n]).*$/gm, (line) =>
    ' '.repeat(line.length),
  )
}
