import type { Expr, Text } from './ast.ts'
import type { NixTarget } from './facts.ts'
import { call, joinsTexts, valueArguments } from './functions.ts'
import { type Budget, resolve } from './resolve.ts'
import type { Scope, Thunk } from './scope.ts'

/** A part of a text or path that is known: literal text, or a place in the repository. */
export interface Piece {
  readonly text: string
  /** Where the text begins: null for literal text. */
  readonly base: NixTarget['base'] | null
  /** Of the literal that it is from. */
  readonly offset: number
}

/** What is known of a text: pieces in order, and what is not. */
export interface TextValue {
  /** Null where something unknown stands. */
  readonly pieces: readonly (Piece | null)[]
  /** What could not be made out; it may hold something of its own. */
  readonly unknown: readonly Thunk[]
}

/** Longer sums are not followed. */
const MAX_PIECES = 4096

/** Puts together what an expression that yields a text or path is known to hold. */
export function textValue(thunk: Thunk, budget: Budget): TextValue {
  const pieces: (Piece | null)[] = []
  const unknown: Thunk[] = []
  collect(thunk, { pieces, unknown, budget }, 0)
  return { pieces, unknown }
}

/** The place in the repository that a text leads to; null where it begins otherwise, or is not wholly known. */
export function targetOf(pieces: readonly (Piece | null)[]): (NixTarget & { offset: number }) | null {
  const [first, ...rest] = pieces
  if (!first || first.base === null || pieces.includes(null)) return null
  let path = first.text.replace(/\/\.$/, '')
  for (const piece of rest) path += piece?.text ?? ''
  if (first.base === 'flake') path = path.replace(/^\/+/, '')
  return { base: first.base, path: path === '' ? '.' : path, offset: first.offset }
}

interface Collection {
  readonly pieces: (Piece | null)[]
  readonly unknown: Thunk[]
  readonly budget: Budget
}

function collect(thunk: Thunk, into: Collection, depth: number): void {
  const { expr, scope } = thunk
  if (depth > 64 || into.pieces.length > MAX_PIECES) {
    missing(thunk, into)
    return
  }
  if (expr.kind === 'string' || expr.kind === 'path') literal(expr, scope, into, depth)
  else if (expr.kind === 'binary' && expr.op === '+')
    for (const operand of operands(expr)) collect({ expr: operand, scope }, into, depth + 1)
  else if (expr.kind === 'var' || expr.kind === 'select') named(thunk, into, depth)
  else if (expr.kind === 'apply') applied(thunk, into, depth)
  else missing(thunk, into)
}

function missing(thunk: Thunk, { pieces, unknown }: Collection): void {
  pieces.push(null)
  unknown.push(thunk)
}

function literal(text: Text, scope: Scope, into: Collection, depth: number): void {
  const offset = text.from
  const [first] = text.parts
  const relative = text.kind === 'path' && typeof first === 'string' && !/^[/~<]/.test(first)
  text.parts.forEach((part, i) => {
    if (typeof part === 'string')
      into.pieces.push({ text: part, base: relative && i === 0 ? 'file' : null, offset })
    else collect({ expr: part, scope }, into, depth + 1)
  })
  if (text.parts.length === 0) into.pieces.push({ text: '', base: null, offset })
}

/** The terms of a sum, which may be thousands, from left to right. */
export function operands(sum: Expr): readonly Expr[] {
  const found: Expr[] = []
  let left = sum
  while (left.kind === 'binary' && left.op === '+') {
    found.push(left.right)
    left = left.left
  }
  found.push(left)
  return found.reverse()
}

function named(thunk: Thunk, into: Collection, depth: number): void {
  const { expr, scope } = thunk
  if (isFlake(expr, scope)) {
    into.pieces.push({ text: '', base: 'flake', offset: expr.from })
    return
  }
  const [found] = resolve(thunk, into.budget)
  if (found === undefined || found.expr === expr) {
    missing(thunk, into)
    return
  }
  const { kind } = found.expr
  if (
    kind === 'string' ||
    kind === 'path' ||
    kind === 'binary' ||
    kind === 'apply' ||
    isFlake(found.expr, found.scope)
  )
    collect(found, into, depth + 1)
  else missing(thunk, into)
}

/** `toString x`, `builtins.path { path = x; … }`, `lib.path.append x "y"`, and what hands its argument on. */
function applied(thunk: Thunk, into: Collection, depth: number): void {
  const { scope } = thunk
  const called = call(thunk.expr)
  const [first, second] = called.args
  const on = (expr: Expr) => collect({ expr, scope }, into, depth + 1)
  if (called.name === 'append' && first && second) {
    on(first)
    into.pieces.push({ text: '/', base: null, offset: second.from })
    on(second)
    return
  }
  if (called.name === 'path' && first?.kind === 'attrs') {
    const path = first.bindings.find((one) => one.kind === 'attr' && one.path[0]?.name === 'path')
    if (path?.kind === 'attr') {
      on(path.value)
      return
    }
  }
  const [passed] = valueArguments(called) ?? []
  if (passed !== undefined && called.name !== 'toJSON') {
    if (passed.kind !== 'list') {
      on(passed)
      return
    }
    if (joinsTexts(called.name)) {
      const between = called.name === 'concatStringsSep' ? first : undefined
      for (const [i, item] of passed.items.entries()) {
        if (i > 0 && between) on(between)
        on(item)
      }
      return
    }
  }
  missing(thunk, into)
}

/** `self`, `inputs.self`, `self.outPath`: the top of the flake. */
export function isFlake(expr: Expr, scope: Scope): boolean {
  if (expr.kind === 'var') return expr.name === 'self' && scope.binds('self') !== 'value'
  if (expr.kind !== 'select' || expr.subject.kind !== 'var') return false
  const names = [expr.subject.name, ...expr.path.map(({ name }) => name)]
  if (names.at(-1) === 'outPath') names.pop()
  if (names[0] === 'inputs') names.shift()
  return names.length === 1 && names[0] === 'self' && scope.binds(expr.subject.name) !== 'value'
}
