import { displayText } from '../../byte-path.ts'
import type { AttrKey, Binding, Expr } from '../ast.ts'
import type { At, Expressions, PlainFunction, PlainValue, Scope, Thunk } from './plain-value.ts'

/** Names of `let` and `rec { }`, which see each other. */
export function scopeOf(
  ex: Expressions,
  bindings: readonly Binding[],
  env: Scope,
  file: string,
  trail: readonly string[],
): Scope {
  const names = new Map<string, Thunk>()
  const scope = env.binding(names)
  bind(ex, bindings, names, { outer: env, inner: scope, file, trail })
  return scope
}

/** The value of a set. */
export function setOf(
  ex: Expressions,
  expr: Extract<Expr, { kind: 'attrs' }>,
  env: Scope,
  file: string,
  trail: readonly string[],
): PlainValue {
  const attrs = new Map<string, Thunk>()
  const inner = expr.rec ? env.binding(attrs) : env
  bind(ex, expr.bindings, attrs, { outer: env, inner, file, trail })
  return { kind: 'attrs', attrs }
}

function bind(
  ex: Expressions,
  bindings: readonly Binding[],
  into: Map<string, Thunk>,
  place: { outer: Scope; inner: Scope; file: string; trail: readonly string[] },
): void {
  const { outer, inner, file, trail } = place
  const nested = new Map<string, Extract<Binding, { kind: 'attr' }>[]>()
  for (const binding of bindings) {
    if (binding.kind === 'inherit') {
      const scope = binding.scope === null ? null : ex.thunk(binding.scope, inner, file, [])
      for (const key of binding.names)
        into.set(keyName(ex, key, outer, file), inherited(ex, key, scope, outer, file))
      continue
    }
    const [first] = binding.path as [AttrKey]
    const name = keyName(ex, first, inner, file)
    nested.set(name, [...(nested.get(name) ?? []), binding])
  }
  for (const [name, group] of nested) into.set(name, bound(ex, group, inner, file, [...trail, name]))
}

function inherited(ex: Expressions, key: AttrKey, scope: Thunk | null, outer: Scope, file: string): Thunk {
  const name = keyName(ex, key, outer, file)
  const expr: Expr = { kind: 'var', name, from: key.from, to: key.to }
  if (scope === null) return { force: () => ex.value(expr, outer, file, []) }
  return {
    force: () => {
      const value = scope.force()
      const found = value.kind === 'attrs' ? value.attrs.get(name) : undefined
      if (found === undefined) throw ex.fault({ expr, file }, `${displayText(name)} is not there to inherit`)
      return found.force()
    },
  }
}

/** One value for all bindings that begin with the same name: `a.b = 1; a.c = 2;` is one set. */
function bound(
  ex: Expressions,
  group: readonly Extract<Binding, { kind: 'attr' }>[],
  env: Scope,
  file: string,
  trail: readonly string[],
): Thunk {
  const [first] = group as [Extract<Binding, { kind: 'attr' }>]
  if (group.length === 1 && first.path.length === 1) return ex.thunk(first.value, env, file, trail)
  const deeper = group.flatMap((binding): Binding[] => {
    if (binding.path.length > 1) return [{ ...binding, path: binding.path.slice(1) }]
    if (binding.value.kind === 'attrs' && !binding.value.rec) return [...binding.value.bindings]
    throw ex.fault({ expr: binding.value, file }, 'it is defined twice')
  })
  return ex.thunk(
    { kind: 'attrs', rec: false, bindings: deeper, from: first.from, to: first.to },
    env,
    file,
    trail,
  )
}

/** A name of an attribute path. */
export function keyName(ex: Expressions, key: AttrKey, env: Scope, file: string): string {
  if (key.name !== null) return Buffer.from(key.name, 'latin1').toString('utf8')
  const value = key.expr === null ? null : ex.value(key.expr, env, file, [])
  if (value?.kind === 'string') return value.text
  throw ex.fault(
    { expr: key.expr ?? { kind: 'var', name: '', from: key.from, to: key.to }, file },
    'this name cannot be worked out',
  )
}

/** The value of a function of the file for an argument. */
export function callLambda(
  ex: Expressions,
  fn: Extract<PlainFunction, { kind: 'lambda' }>,
  arg: Thunk,
  at: At,
): PlainValue {
  const { lambda, scope: env, file } = fn
  const names = new Map<string, Thunk>()
  const scope = env.binding(names)
  if (lambda.param !== null) names.set(lambda.param, arg)
  if (lambda.formals !== null) {
    const given = arg.force()
    if (given.kind !== 'attrs') throw ex.fault(at, 'a set is needed here')
    for (const { name, fallback } of lambda.formals) {
      const value = given.attrs.get(name) ?? (fallback === null ? null : ex.thunk(fallback, scope, file, []))
      if (value === null) throw ex.fault(at, `the function wants ${displayText(name)}`)
      names.set(name, value)
    }
  }
  return ex.value(lambda.body, scope, file, [])
}
