import type { Expr } from './ast.ts'
import { call, valueArguments } from './functions.ts'
import { member, type Scope, type Thunk } from './scope.ts'

/** How much of a file's names may be followed: names can refer to each other endlessly. */
export interface Budget {
  left: number
}

/** Deeper chains of names are followed nowhere. */
const MAX_DEPTH = 24

/**
 * What an expression comes to, as far as the file itself says: names, selections, `let`, `with` and the functions
 * that hand their argument on are seen through. Several where it depends, none where it can't be known.
 */
export function resolve(thunk: Thunk, budget: Budget, depth = 0): readonly Thunk[] {
  if (depth > MAX_DEPTH || --budget.left < 0) return []
  const { expr, scope } = thunk
  const on = (next: Expr, within: Scope = scope) => resolve({ expr: next, scope: within }, budget, depth + 1)
  switch (expr.kind) {
    case 'var':
      return lookUp(expr.name, scope, budget, depth).flatMap((found) => resolve(found, budget, depth + 1))
    case 'select': {
      let found = on(expr.subject)
      for (const { name } of expr.path)
        found = found.flatMap((one) => member(one, name).flatMap((next) => resolve(next, budget, depth + 1)))
      return found.length === 0 && expr.fallback !== null ? on(expr.fallback) : found
    }
    case 'let':
      return on(expr.body, scope.bind(expr.bindings))
    case 'with':
      return on(expr.body, scope.open(expr.subject))
    case 'assert':
      return on(expr.body)
    case 'if':
      return [...on(expr.then), ...on(expr.else)]
    case 'binary':
      return expr.op === '//' ? [...on(expr.left), ...on(expr.right)] : [thunk]
    case 'apply': {
      const passed = valueArguments(call(expr))
      return passed === null ? [thunk] : passed.flatMap((one) => on(one))
    }
    default:
      return [thunk]
  }
}

function lookUp(name: string, scope: Scope, budget: Budget, depth: number): readonly Thunk[] {
  if (scope.binds(name) !== null) return scope.find(name)
  return scope
    .subjects()
    .flatMap((subject) => resolve(subject, budget, depth + 1))
    .flatMap((subject) => member(subject, name))
}
