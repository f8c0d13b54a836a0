import type { Expr } from './ast.ts'
import { beside, MAX_FOLLOWS, type Place, type Walk } from './place.ts'
import { resolve } from './resolve.ts'
import type { Scope } from './scope.ts'
import { isFlake } from './text-value.ts'

/** A name, or what is selected of it: followed where its value goes to an option or is read. */
export function walkName(
  walk: Walk,
  expr: Extract<Expr, { kind: 'var' | 'select' }>,
  scope: Scope,
  place: Place,
): void {
  const extra = commandBuiltin(expr)
  if (extra !== null) walk.facts.command(expr.from, extra, null)
  if (expr.kind === 'select') {
    if (expr.subject.kind !== 'var') walk.visit(expr.subject, scope, beside(place))
    for (const key of expr.path) if (key.expr !== null) walk.visit(key.expr, scope, beside(place))
    if (expr.fallback !== null) walk.visit(expr.fallback, scope, place)
  }
  if ((place.step === null && place.how === null) || place.follows >= MAX_FOLLOWS || isFlake(expr, scope))
    return
  for (const found of resolve({ expr, scope }, walk.budget)) {
    const { kind } = found.expr
    if (found.expr === expr || kind === 'lambda' || kind === 'var' || kind === 'select') continue
    if (expr.kind === 'select' && found.expr === expr.fallback) continue
    if (isNew(walk, found.expr, place))
      walk.visit(found.expr, found.scope, { ...place, follows: place.follows + 1 })
  }
}

/** Whether names have not led here before, with the same to be said of it. */
export function isNew(
  walk: Walk,
  expr: Expr,
  { step, how, trust, quiet, written, item, merged }: Place,
): boolean {
  const names = [step?.name, step?.up?.name, step?.up?.up?.name, step?.up?.up?.up?.name]
  const key = [...names, how, trust, quiet, written, item, merged].join('\n')
  const known = walk.followed.get(expr)
  if (known?.has(key)) return false
  if (known) known.add(key)
  else walk.followed.set(expr, new Set([key]))
  return true
}

/** `builtins.exec`; `builtins.extraBuiltins.pass`, `extraBuiltins.sops`: what nix-plugins adds (https://github.com/shlevy/nix-plugins). */
export function commandBuiltin(expr: Expr): string | null {
  if (expr.kind !== 'select' || expr.subject.kind !== 'var') return null
  const names = [expr.subject.name, ...expr.path.map(({ name }) => name ?? '*')]
  if (names.length === 2 && names[0] === 'builtins' && names[1] === 'exec') return 'builtins.exec'
  const at = names.indexOf('extraBuiltins')
  // What machine this is, is no secret.
  if (/currentSystem$/i.test(names.at(-1) ?? '')) return null
  return at === 0 || (at === 1 && names[0] === 'builtins')
    ? ['extraBuiltins', ...names.slice(at + 1)].join('.')
    : null
}
