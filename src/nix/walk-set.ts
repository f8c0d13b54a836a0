import type { Binding, Expr } from './ast.ts'
import { beside, type Place, under, type Walk } from './place.ts'
import { type Scope, selection, variable } from './scope.ts'
import { secretName } from './secret-names.ts'

type AttrSet = Extract<Expr, { kind: 'attrs' }>

/** An attribute set: each value stands at its name. */
export function walkSet(walk: Walk, set: AttrSet, scope: Scope, place: Place): void {
  const inside = set.rec ? scope.bind(set.bindings) : scope
  const here: Place = isTestSet(set) ? { ...place, trust: 'test' } : place
  const named = nameOfPair(set)
  if (named === undefined) {
    walkBindings(walk, set.bindings, { inside, outside: scope }, here)
    return
  }
  for (const binding of set.bindings) {
    if (binding.kind !== 'attr') continue
    const isValue = binding.path[0]?.name === 'value'
    walk.visit(
      binding.value,
      inside,
      isValue ? { ...under({ ...here, item: false }, named ?? '*') } : beside(here),
    )
  }
}

/** What a set or `let` binds. @param scopes where values stand, and where plain `inherit` looks */
export function walkBindings(
  walk: Walk,
  bindings: readonly Binding[],
  { inside, outside }: { readonly inside: Scope; readonly outside: Scope },
  place: Place,
): void {
  for (const binding of bindings) {
    if (binding.kind === 'inherit') {
      walkInherit(walk, binding, { inside, outside }, place)
      continue
    }
    let here = place
    for (const { name, expr } of binding.path) {
      if (expr !== null) walk.visit(expr, inside, beside(place))
      here = under(here, name ?? '*')
    }
    walk.visit(binding.value, inside, here)
  }
}

function walkInherit(
  walk: Walk,
  binding: Extract<Binding, { kind: 'inherit' }>,
  { inside, outside }: { readonly inside: Scope; readonly outside: Scope },
  place: Place,
): void {
  const { scope: subject, names } = binding
  if (subject !== null && subject.kind !== 'var') walk.visit(subject, inside, beside(place))
  for (const key of names) {
    if (key.name === null) continue
    const here = under(place, key.name)
    if (subject !== null) walk.visit(selection(subject, key), inside, here)
    // In a `let` a plain `inherit` is of what stands further out, and was walked there.
    else if (inside === outside || key.name !== here.step?.name || place.step !== null)
      walk.visit(variable(key, key.name), outside, here)
  }
}

/** What NixOS tests consist of. */
function isTestSet({ bindings }: AttrSet): boolean {
  return bindings.some((binding) => binding.kind === 'attr' && binding.path[0]?.name === 'testScript')
}

/** `{ name = "DB_PASSWORD"; value = …; }`: the name, or null for a computed one; undefined for any other set. */
function nameOfPair({ bindings }: AttrSet): string | null | undefined {
  if (bindings.length !== 2) return undefined
  const [name, value] = ['name', 'value'].map((key) =>
    bindings.find((one) => one.kind === 'attr' && one.path.length === 1 && one.path[0]?.name === key),
  )
  if (name?.kind !== 'attr' || value === undefined) return undefined
  const { value: text } = name
  const [part] = text.kind === 'string' && text.parts.length === 1 ? text.parts : []
  return typeof part === 'string' && secretName(part) !== null ? part : null
}
