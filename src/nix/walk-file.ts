import type { Expr } from './ast.ts'
import type { FactCollector } from './fact-collector.ts'
import { BUDGET, beside, type Place, TOP, under, type Walk } from './place.ts'
import { Scope } from './scope.ts'
import { walkCall } from './walk-call.ts'
import { walkName } from './walk-name.ts'
import { walkBindings, walkSet } from './walk-set.ts'
import { walkSum, walkText } from './walk-text.ts'

/** Deeper nesting is not walked. */
const MAX_DEPTH = 700

/**
 * Goes through all of a file, and from each name that matters to what it stands for.
 * @returns why not all of it could be looked at; null if it was
 */
export function walkFile(root: Expr, facts: FactCollector): string | null {
  let depth = 0
  let stopped: string | null = null
  const walk: Walk = {
    facts,
    budget: { left: BUDGET },
    followed: new Map(),
    visit(expr, scope, place) {
      if (depth > MAX_DEPTH) stopped = 'it is nested too deeply'
      else if (place.follows === 0 || --walk.budget.left >= 0) {
        depth++
        walkExpression(walk, expr, scope, place)
        depth--
      }
    },
  }
  walk.visit(root, Scope.empty, TOP)
  return walk.budget.left < 0 ? 'its names refer to each other too often' : stopped
}

/** Chains that Nix files make long, as `else if` and `a ++ b ++ c`, cost no depth. */
function walkExpression(walk: Walk, first: Expr, outer: Scope, place: Place): void {
  let expr = first
  let scope = outer
  let here = place
  for (;;)
    switch (expr.kind) {
      case 'lambda':
        scope = scope.argue(expr, null)
        for (const { name, fallback } of expr.formals ?? [])
          if (fallback !== null) walk.visit(fallback, scope, under({ ...beside(here), step: null }, name))
        expr = expr.body
        continue
      case 'let':
        scope = scope.bind(expr.bindings)
        walkBindings(walk, expr.bindings, { inside: scope, outside: scope }, beside(here))
        expr = expr.body
        continue
      case 'with':
      case 'assert':
        walk.visit(expr.subject, scope, beside(here))
        if (expr.kind === 'with') scope = scope.open(expr.subject)
        expr = expr.body
        continue
      case 'if':
        walk.visit(expr.condition, scope, beside(here))
        walk.visit(expr.then, scope, here)
        expr = expr.else
        continue
      case 'binary': {
        if (expr.op === '+') {
          walkSum(walk, expr, scope, here)
          return
        }
        if (expr.op !== '//' && expr.op !== '++') here = beside(here)
        const rightward = expr.right.kind === 'binary'
        walk.visit(rightward ? expr.left : expr.right, scope, here)
        expr = rightward ? expr.right : expr.left
        continue
      }
      default:
        walkPlain(walk, expr, scope, here)
        return
    }
}

function walkPlain(walk: Walk, expr: Expr, scope: Scope, place: Place): void {
  switch (expr.kind) {
    case 'string':
    case 'path':
      walkText(walk, expr, scope, place)
      return
    case 'attrs':
      walkSet(walk, expr, scope, place)
      return
    case 'list':
      for (const item of expr.items) walk.visit(item, scope, place.merged ? place : { ...place, item: true })
      return
    case 'apply':
      walkCall(walk, expr, scope, place)
      return
    case 'var':
    case 'select':
      walkName(walk, expr, scope, place)
      return
    case 'has':
      walk.visit(expr.subject, scope, beside(place))
      return
    case 'unary':
      walk.visit(expr.operand, scope, beside(place))
      return
    case 'error':
      for (const item of expr.items) walk.visit(item, scope, beside(place))
  }
}
