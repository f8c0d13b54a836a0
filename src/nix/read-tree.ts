import type { AttrBinding, AttrKey, Binding, Expr, InheritBinding, Lambda } from './ast.ts'
import { NODE } from './flat-tree.ts'
import { EXPRESSIONS } from './grammar/term-kinds.ts'
import * as t from './grammar/terms.gen.ts'
import { pathParts, stringParts } from './text-parts.ts'
import type { TreeView } from './tree-view.ts'

/** How deep expressions may be nested in each other, so that who walks the tree may use recursion. */
export const MAX_DEPTH = 256

const ERROR = 0

/** Makes the syntax tree out of Lezer's; what is missing or too much in a broken text becomes `error` nodes. */
export class TreeReader {
  /** Where the tree was too deep to be read further. */
  readonly tooDeep: number[] = []
  /** Where a binding has no value, which the grammar lets pass. */
  readonly missing: number[] = []
  readonly #view: TreeView
  #depth = 0

  constructor(view: TreeView) {
    this.#view = view
  }

  /** The whole file's expression. */
  root(): Expr {
    return this.#operands(0, 1)[0] as Expr
  }

  #expr(i: number): Expr {
    if (this.#depth >= MAX_DEPTH) return this.#cut(i)
    this.#depth++
    const expr = this.#read(i, this.#view.type(i), this.#view.from(i), this.#view.to(i))
    this.#depth--
    return expr
  }

  #cut(i: number): Expr {
    this.tooDeep.push(this.#view.from(i))
    return { kind: 'error', items: [], from: this.#view.from(i), to: this.#view.to(i) }
  }

  #read(i: number, type: number, from: number, to: number): Expr {
    switch (type) {
      case t.Identifier:
        return { kind: 'var', name: this.#view.written(i), from, to }
      case t.PlainString:
      case t.String:
      case t.StringStart:
      case t.PlainIndented:
      case t.Indented:
      case t.IndentedStart:
        return {
          kind: 'string',
          parts: stringParts(this.#view, i, (c, into) => this.#stray(c, into, [])),
          from,
          to,
        }
      case t.Path:
      case t.PathWith:
      case t.PathStart:
        return {
          kind: 'path',
          parts: pathParts(this.#view, i, (c, into) => this.#stray(c, into, [])),
          from,
          to,
        }
      case t.Number:
        return { kind: 'number', text: this.#view.written(i), from, to }
      case t.Uri:
        return { kind: 'uri', text: this.#view.written(i), from, to }
      case t.SearchPath:
        return { kind: 'search-path', text: this.#view.written(i), from, to }
      case t.Attrs:
      case t.RecAttrs:
        return { kind: 'attrs', rec: type === t.RecAttrs, bindings: this.#bindings(i), from, to }
      case t.LetAttrs:
        return this.#legacyLet(i, from, to)
      case t.List:
        return { kind: 'list', items: this.#all(i), from, to }
      case t.Apply:
        return this.#apply(i)
      case t.Select:
        return this.#select(i, from, to)
      default:
        return this.#compound(i, type, from, to)
    }
  }

  #compound(i: number, type: number, from: number, to: number): Expr {
    switch (type) {
      case t.Lambda:
        return this.#lambda(i, from, to)
      case t.Let: {
        const bindings = this.#bindings(i)
        return { kind: 'let', bindings, body: this.#operand(i), from, to }
      }
      case t.With:
      case t.Assert: {
        const [subject, body] = this.#operands(i, 2) as [Expr, Expr]
        return { kind: type === t.With ? 'with' : 'assert', subject, body, from, to }
      }
      case t.If: {
        const [condition, then, otherwise] = this.#operands(i, 3) as [Expr, Expr, Expr]
        return { kind: 'if', condition, then, else: otherwise, from, to }
      }
      case t.Binary: {
        const [left, right] = this.#operands(i, 2) as [Expr, Expr]
        return { kind: 'binary', op: this.#view.operator(i), left, right, from, to }
      }
      case t.Unary:
        return { kind: 'unary', op: this.#view.operator(i), operand: this.#operand(i), from, to }
      case t.Has:
        return { kind: 'has', subject: this.#operand(i), path: this.#pathIn(i), from, to }
      case t.OrCall: {
        const at = this.#view.child(i, t.Or)
        const arg: Expr = { kind: 'var', name: 'or', from: at < 0 ? to : this.#view.from(at), to }
        return { kind: 'apply', fn: this.#operand(i), arg, from, to }
      }
      default:
        return { kind: 'error', items: this.#all(i), from, to }
    }
  }

  #operand(i: number): Expr {
    return this.#operands(i, 1)[0] as Expr
  }

  /** As many expressions as the node should hold; what is missing or too much in error nodes. */
  #operands(i: number, count: number): Expr[] {
    const found: Expr[] = []
    const strays: Expr[] = []
    const loose: Binding[] = []
    const end = this.#view.next(i)
    for (let c = i + NODE; c < end; c = this.#view.next(c)) {
      if (found.length < count && EXPRESSIONS[this.#view.type(c)] === 1) found.push(this.#expr(c))
      else if (this.#view.type(c) === ERROR || i === 0) this.#stray(c, strays, loose)
    }
    if (loose.length > 0)
      strays.push({
        kind: 'attrs',
        rec: false,
        bindings: loose,
        from: this.#view.from(i),
        to: this.#view.to(i),
      })
    if (found.length === count && strays.length === 0) return found
    const span = { from: this.#view.from(i), to: this.#view.to(i) }
    if (found.length === count) strays.unshift(found.pop() as Expr)
    found.push({ kind: 'error', items: strays, ...span })
    while (found.length < count) found.push({ kind: 'error', items: [], from: span.to, to: span.to })
    return found
  }

  /** All expressions within, those of tokens that the parser gave up too. */
  #all(i: number): Expr[] {
    const items: Expr[] = []
    const end = this.#view.next(i)
    for (let c = i + NODE; c < end; c = this.#view.next(c)) this.#stray(c, items, [])
    return items
  }

  /** What can be made of a node where none of its kind is expected. */
  #stray(i: number, into: Expr[], loose: Binding[]): void {
    const type = this.#view.type(i)
    if (EXPRESSIONS[type] === 1) into.push(this.#expr(i))
    else if (type === t.Bind) loose.push(this.#bind(i))
    else if (type === t.Inherit) loose.push(this.#inherit(i))
    else if (type === ERROR) {
      const end = this.#view.next(i)
      for (let c = i + NODE; c < end; c = this.#view.next(c)) this.#stray(c, into, loose)
    }
  }

  #bindings(i: number): Binding[] {
    const bindings: Binding[] = []
    const end = this.#view.next(i)
    for (let c = i + NODE; c < end; c = this.#view.next(c)) {
      const type = this.#view.type(c)
      if (type === t.Bind) bindings.push(this.#bind(c))
      else if (type === t.Inherit) bindings.push(this.#inherit(c))
      else if (type === ERROR) this.#lost(c, bindings)
    }
    return bindings
  }

  /** What stands between bindings without being one: kept as a value of no known name. */
  #lost(i: number, bindings: Binding[]): void {
    const items: Expr[] = []
    this.#stray(i, items, bindings)
    if (items.length === 0) return
    const span = { from: this.#view.from(i), to: this.#view.to(i) }
    const value: Expr = { kind: 'error', items, ...span }
    bindings.push({ kind: 'attr', path: [{ name: null, expr: null, ...span }], value, ...span })
  }

  #bind(i: number): AttrBinding {
    const value = this.#operand(i)
    if (value.kind === 'error' && value.items.length === 0 && value.from === this.#view.from(i))
      this.missing.push(value.to)
    return {
      kind: 'attr',
      path: this.#pathIn(i),
      value,
      from: this.#view.from(i),
      to: this.#view.to(i),
    }
  }

  #inherit(i: number): InheritBinding {
    const scope = this.#view.child(i, t.Scope)
    const names = this.#keys(i)
    const from = this.#view.from(i)
    return {
      kind: 'inherit',
      scope: scope < 0 ? null : this.#operand(scope),
      names,
      from,
      to: this.#view.to(i),
    }
  }

  /** The attribute path within a node; a computed name where there is none. */
  #pathIn(i: number): AttrKey[] {
    const at = this.#view.child(i, t.AttrPath)
    const keys = at < 0 ? [] : this.#keys(at)
    if (keys.length === 0)
      keys.push({ name: null, expr: null, from: this.#view.from(i), to: this.#view.from(i) })
    return keys
  }

  #keys(i: number): AttrKey[] {
    const keys: AttrKey[] = []
    const end = this.#view.next(i)
    for (let c = i + NODE; c < end; c = this.#view.next(c)) {
      const type = this.#view.type(c)
      const span = { from: this.#view.from(c), to: this.#view.to(c) }
      if (type === t.Identifier || type === t.Or)
        keys.push({ name: this.#view.written(c), expr: null, ...span })
      else if (type === t.PlainString || type === t.String) keys.push(key(this.#expr(c), span))
      else if (type === t.Dynamic) keys.push(key(this.#operand(c), span))
    }
    return keys
  }

  #lambda(i: number, from: number, to: number): Lambda {
    const param = this.#view.child(i, t.Param)
    const formals = this.#view.child(i, t.Formals)
    return {
      kind: 'lambda',
      param: param < 0 ? null : this.#view.written(param),
      formals: formals < 0 ? null : this.#formals(formals),
      body: this.#operand(i),
      from,
      to,
    }
  }

  #formals(i: number): { name: string; fallback: Expr | null }[] {
    const formals: { name: string; fallback: Expr | null }[] = []
    const end = this.#view.next(i)
    for (let c = i + NODE; c < end; c = this.#view.next(c)) {
      if (this.#view.type(c) !== t.Formal) continue
      const name = c + NODE
      const hasName = name < this.#view.next(c) && this.#view.type(name) === t.Identifier
      // The name is a node like any expression; what else is there is the default.
      const rest = this.#all(c).slice(hasName ? 1 : 0)
      const [first] = rest
      const more: Expr = { kind: 'error', items: rest, from: this.#view.from(c), to: this.#view.to(c) }
      const fallback = first === undefined ? null : rest.length === 1 ? first : more
      formals.push({ name: hasName ? this.#view.written(name) : '', fallback })
    }
    return formals
  }

  #legacyLet(i: number, from: number, to: number): Expr {
    const subject: Expr = { kind: 'attrs', rec: true, bindings: this.#bindings(i), from, to }
    const body: AttrKey = { name: 'body', expr: null, from, to: from }
    return { kind: 'select', subject, path: [body], fallback: null, from, to }
  }

  #select(i: number, from: number, to: number): Expr {
    const path = this.#pathIn(i)
    const or = this.#view.child(i, t.Or)
    const [subject, fallback] = this.#operands(i, or < 0 ? 1 : 2) as [Expr, Expr | undefined]
    return { kind: 'select', subject, path, fallback: fallback ?? null, from, to }
  }

  #apply(i: number): Expr {
    const items = this.#all(i)
    const [first, ...args] = items
    const span = { from: this.#view.from(i), to: this.#view.to(i) }
    if (first === undefined) return { kind: 'error', items, ...span }
    if (this.#depth + args.length > MAX_DEPTH) {
      this.tooDeep.push(span.from)
      return { kind: 'error', items, ...span }
    }
    let fn = first
    for (const arg of args) fn = { kind: 'apply', fn, arg, from: span.from, to: arg.to }
    return fn
  }
}

/** Names that are strings count as plain ones, as they do for Nix. */
function key(expr: Expr, span: { from: number; to: number }): AttrKey {
  if (expr.kind !== 'string' || expr.parts.length > 1) return { name: null, expr, ...span }
  const [part] = expr.parts
  return typeof part === 'object' ? { name: null, expr, ...span } : { name: part ?? '', expr: null, ...span }
}
