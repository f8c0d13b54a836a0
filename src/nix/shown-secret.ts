import type { Expr } from './ast.ts'
import type { NixTarget } from './facts.ts'

/** Options of `show` that have a value behind them. */
const WITH_VALUE = new Set(['--format', '--rev'])

/** Functions of our extra-builtins.nix, and which argument the secret is, from 0. */
const EXTRA_BUILTINS = new Map([
  ['extraBuiltins.nixsecret', 0],
  ['extraBuiltins.nixsecretIn', 1],
])

/**
 * The secret that a call brings in by `git nixsecret show`, as far as it is written out.
 * @param how `builtins.exec` or `extraBuiltins.NAME`
 * @returns null for every other command, and where words are computed; the directory behind `-C` may be
 */
export function shownSecret(how: string, args: readonly Expr[]): NixTarget | null {
  const place = EXTRA_BUILTINS.get(how)
  if (place !== undefined) return target(word(args[place]))
  const [list] = args
  if (how !== 'builtins.exec' || list?.kind !== 'list') return null
  return target(operand(list.items.map(word)))
}

/** PATH of `git [-C DIR] nixsecret show [OPTION…] [--] PATH`, given as words; null for one that is not written out. */
function operand(words: readonly (string | null)[]): string | null {
  const rest = [...words]
  const next = () => rest.shift() ?? null
  let word = next()
  if (word === 'git') {
    word = next()
    if (word === '-C') {
      next()
      word = next()
    }
    if (word !== 'nixsecret') return null
  } else if (word !== 'git-nixsecret') return null
  if (next() !== 'show') return null
  for (word = next(); word?.startsWith('-') && word !== '--'; word = next()) if (WITH_VALUE.has(word)) next()
  if (word === '--') word = next()
  return rest.length === 0 ? word : null
}

// A relative path is one from where Nix is run, or from DIR: the top of the flake, as a rule.
function target(path: string | null): NixTarget | null {
  return path === null || path === '' || path.startsWith('/') ? null : { base: 'flake', path }
}

// A name may stand for several texts, of which one may be allowed and another not: only what stands here itself counts.
function word(expr: Expr | undefined): string | null {
  if (expr?.kind !== 'string') return null
  return expr.parts.every((part) => typeof part === 'string') ? expr.parts.join('') : null
}
