import type { Expr } from './ast.ts'
import { isSecretVariable, onlyLooks, PATH_ATTRIBUTES, type Reader, reader } from './eval-functions.ts'
import {
  type Call,
  call,
  isMapping,
  isMerging,
  isTest,
  joinsTexts,
  lastName,
  valueArguments,
  writtenText,
} from './functions.ts'
import { BUDGET, beside, type Place, under, type Walk } from './place.ts'
import { resolve } from './resolve.ts'
import type { Scope } from './scope.ts'
import { shownSecret } from './shown-secret.ts'
import { textValue } from './text-value.ts'
import { commandBuiltin, isNew } from './walk-name.ts'
import { asFileOption, isSecretFile, walkSum } from './walk-text.ts'

/** Calls within calls that are followed. */
const MAX_CALLS = 3

/** A function's call: by what the function does with its arguments. */
export function walkCall(walk: Walk, expr: Expr, scope: Scope, place: Place): void {
  const called = call(expr)
  const { fn, name } = called
  if (!noteCommand(walk, called, scope) && fn.kind !== 'var')
    walk.visit(fn, scope, fn.kind === 'lambda' ? place : beside(place))
  const here: Place = isTest(name) ? { ...place, trust: 'test' } : place
  if (name === 'mkOption') {
    walkDeclaration(walk, called, scope, here)
    return
  }
  if (isSecretFile(here)) {
    if (asFileOption(walk, textValue({ expr, scope }, walk.budget), here)) return
    const text = writtenText(called)
    if (text !== null) {
      walk.visit(text, scope, { ...here, how: null, written: true })
      return
    }
  }
  if (joinsTexts(name) && valueArguments(called)?.length === 1) {
    walkSum(walk, expr, scope, here)
    return
  }
  const reads = reader(name)
  if (reads !== null) {
    walkReader(walk, called, reads, scope, here)
    return
  }
  walkArguments(walk, called, scope, here)
  walkBody(walk, expr, called, scope, here)
}

/** What a function of this very file makes of its arguments: `mkUser "alice" "…"`. */
function walkBody(walk: Walk, expr: Expr, { fn, args }: Call, scope: Scope, place: Place): void {
  if (place.step === null || place.follows >= MAX_CALLS || (fn.kind !== 'var' && fn.kind !== 'select')) return
  // The rest is for names, without which a file can't be judged.
  if (walk.budget.left < BUDGET / 2) return
  for (const found of resolve({ expr: fn, scope }, walk.budget)) {
    let { expr: body, scope: within } = found
    for (const arg of args) {
      if (body.kind !== 'lambda') break
      within = within.argue(body, { expr: arg, scope })
      body = body.body
    }
    if (body !== found.expr && body.kind !== 'lambda' && isNew(walk, expr, place))
      walk.visit(body, within, { ...place, follows: place.follows + 1 })
  }
}

function walkArguments(walk: Walk, called: Call, scope: Scope, place: Place): void {
  const { name, args } = called
  // `toString ./x` is the name of the file where it lies.
  const isName = name === 'toString' && isUnread(place) && !isSecretFile(place)
  if (isName || onlyLooks(name)) {
    for (const arg of args) walk.visit(arg, scope, { ...beside(place), quiet: true })
    return
  }
  const values = valueArguments(called)
  const mapping = isMapping(name)
  const part: Place = isMerging(name) ? { ...place, merged: true } : place
  for (const arg of args) {
    if (values?.includes(arg)) walk.visit(arg, scope, part)
    else if (values !== null && !mapping) walk.visit(arg, scope, beside(place))
    else walk.visit(arg, scope, placeOf(arg, place, mapping))
  }
}

function isUnread({ how }: Place): boolean {
  return how === null || how === 'interpolation'
}

/** Sets, lists and functions given to an unknown function most often become part of the value; texts seldom do. */
function placeOf(arg: Expr, place: Place, mapping: boolean): Place {
  switch (arg.kind) {
    case 'lambda':
      return mapping ? { ...place, item: true } : place
    case 'attrs':
    case 'let':
    case 'with':
    case 'apply':
      return { ...place, how: null, written: false }
    case 'list':
      return mapping ? { ...place, how: null } : beside(place)
    default:
      return beside(place)
  }
}

function walkReader(walk: Walk, { args }: Call, { how, arg }: Reader, scope: Scope, place: Place): void {
  for (const [i, one] of args.entries()) {
    if (i !== arg) walk.visit(one, scope, placeOf(one, place, false))
    else if (one.kind !== 'attrs') walk.visit(one, scope, { ...beside(place), how, quiet: false })
    else
      for (const binding of one.bindings) {
        if (binding.kind !== 'attr') continue
        const name = binding.path[0]?.name ?? ''
        const isPath = binding.path.length === 1 && PATH_ATTRIBUTES.has(name)
        const at = isPath ? { ...beside(place), how, quiet: false } : under(beside(place), name)
        // The root of a file set is only what its files are named from.
        walk.visit(binding.value, scope, name === 'root' ? { ...at, quiet: true } : at)
      }
  }
}

/** `mkOption`: what it says of an option is no setting, but its default may become one. */
function walkDeclaration(walk: Walk, { args }: Call, scope: Scope, place: Place): void {
  for (const arg of args) {
    if (arg.kind !== 'attrs') {
      walk.visit(arg, scope, beside(place))
      continue
    }
    for (const binding of arg.bindings) {
      if (binding.kind !== 'attr') continue
      const name = binding.path[0]?.name
      if (name === 'default' && binding.path.length === 1)
        walk.visit(binding.value, scope, { ...place, trust: place.trust === 'test' ? 'test' : 'declared' })
      else if (name !== 'example' && name !== 'description' && name !== 'defaultText')
        walk.visit(binding.value, scope, beside(place))
    }
  }
}

/**
 * `builtins.exec`, `extraBuiltins.pass`, `builtins.getEnv "DB_PASSWORD"`: secrets brought in at evaluation.
 * @returns whether all is said of the function
 */
function noteCommand(walk: Walk, { fn, name, args }: Call, scope: Scope): boolean {
  const bare = name === 'exec' && fn.kind === 'var' && scope.binds('exec') === null && opensBuiltins(scope)
  const how = bare ? 'builtins.exec' : isPlain(fn) ? commandBuiltin(fn) : null
  if (how !== null) walk.facts.command(fn.from, how, shownSecret(how, args))
  else if (name === 'getEnv' || name === 'maybeEnv') noteVariable(walk, fn, args[0], scope)
  return how !== null
}

// Whatever else stands in the name is to be looked at.
function isPlain(fn: Expr): boolean {
  return fn.kind === 'select' && fn.fallback === null && fn.path.every(({ expr }) => expr === null)
}

function noteVariable(walk: Walk, fn: Expr, variable: Expr | undefined, scope: Scope): void {
  if (variable === undefined) return
  const { pieces } = textValue({ expr: variable, scope }, walk.budget)
  const text = pieces.map((piece) => piece?.text ?? '*').join('')
  const name = lastName(fn) === 'getEnv' ? 'builtins.getEnv' : 'lib.maybeEnv'
  if (isSecretVariable(text))
    walk.facts.command(fn.from, `${name} ${JSON.stringify(text.slice(0, 200))}`, null)
}

function opensBuiltins(scope: Scope): boolean {
  return scope.subjects().some(({ expr }) => expr.kind === 'var' && expr.name === 'builtins')
}
