import { displayText } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import type { AttrKey, Binding, Expr, TextPart } from '../ast.ts'
import { parseNix } from '../parse-nix.ts'
import { BUILTINS, callBuiltin } from './builtins.ts'
import { Env } from './env.ts'
import type { At, Evaluation, PlainFunction, PlainValue, Scope, Thunk } from './plain-value.ts'

/** Steps of evaluation; a file of keys and lists takes some thousands. */
const MOST_STEPS = 200_000
const DEEPEST = 400

/** What {@link Evaluator} needs of the world. */
export interface EvaluatorHost {
  /** A file's bytes as latin1, for `import` and `builtins.readFile`; null where there is none that may be read. */
  read(file: string): string | null
  /** A path literal of a file, absolute; null where it leads nowhere that may be read. */
  resolve(literal: string, from: string): string | null
  /** Told of each value that a name was given to, once it was needed; `trail`: names from the outside in. */
  named?(trail: readonly string[], value: PlainValue): void
}

/**
 * Evaluates the part of the Nix language that people write data in: names, sets, lists, strings, functions of the same
 * files, and some of `builtins`. Anything else is a fault that names its line, never a guess.
 */
export class Evaluator implements Evaluation {
  readonly #host: EvaluatorHost
  readonly #files = new Map<string, Thunk>()
  readonly #sources = new Map<string, string>()
  #steps = 0
  #depth = 0

  constructor(host: EvaluatorHost) {
    this.#host = host
  }

  /**
   * The value of a file.
   * @throws NixsecretError `format` where it is no Nix, or more than data
   */
  file(file: string): PlainValue {
    let thunk = this.#files.get(file)
    if (thunk === undefined) {
      const source = this.#host.read(file)
      if (source === null) throw new NixsecretError('missing', `cannot read ${displayText(file)}`)
      this.#sources.set(file, source)
      const { root, errors } = parseNix(source)
      if (errors[0] !== undefined) throw this.#faultAt(file, errors[0], 'no valid Nix')
      thunk = this.#thunk(root, this.#top(), file, [])
      this.#files.set(file, thunk)
    }
    return thunk.force()
  }

  fault({ expr, file }: At, why: string): NixsecretError {
    return this.#faultAt(file, expr.from, why)
  }

  apply(fn: PlainValue, arg: Thunk, at: At): PlainValue {
    if (fn.kind !== 'function') throw this.fault(at, 'what is called here is no function')
    return this.#call(fn.fn, arg, at)
  }

  text(file: string, at: At): string {
    const source = this.#host.read(file)
    if (source === null) throw this.fault(at, `cannot read ${displayText(file)}`)
    return Buffer.from(source, 'latin1').toString('utf8')
  }

  spend(size: number, at: At): void {
    this.#steps += size
    if (this.#steps > MOST_STEPS) throw this.fault(at, 'too much to work out without Nix')
  }

  #top(): Scope {
    const names = new Map<string, Thunk>()
    const value = (plain: PlainValue): Thunk => ({ force: () => plain })
    const builtins = new Map<string, Thunk>()
    for (const name of BUILTINS)
      builtins.set(name, value({ kind: 'function', fn: { kind: 'builtin', name, args: [] } }))
    for (const name of ['map', 'import']) names.set(name, builtins.get(name) as Thunk)
    names.set('true', value({ kind: 'bool', value: true }))
    names.set('false', value({ kind: 'bool', value: false }))
    names.set('null', value({ kind: 'null' }))
    names.set('builtins', value({ kind: 'attrs', attrs: builtins }))
    return Env.top(names)
  }

  #faultAt(file: string, offset: number, why: string): NixsecretError {
    const line = (this.#sources.get(file) ?? '').slice(0, offset).split('\n').length
    return new NixsecretError('format', `${displayText(file)}:${line}: ${why}`)
  }

  #thunk(expr: Expr, env: Scope, file: string, trail: readonly string[]): Thunk {
    let state: PlainValue | 'new' | 'running' = 'new'
    return {
      force: () => {
        if (state === 'running') throw this.fault({ expr, file }, 'it is defined by itself')
        if (state !== 'new') return state
        state = 'running'
        const value = this.#eval(expr, env, file, trail)
        state = value
        if (trail.length > 0) this.#host.named?.(trail, value)
        return value
      },
    }
  }

  #eval(expr: Expr, env: Scope, file: string, trail: readonly string[]): PlainValue {
    const at = { expr, file }
    if (++this.#steps > MOST_STEPS || this.#depth > DEEPEST)
      throw this.fault(at, 'too much to work out without Nix')
    this.#depth++
    try {
      return this.#evalInner(expr, env, at, trail)
    } finally {
      this.#depth--
    }
  }

  #evalInner(expr: Expr, env: Scope, at: At, trail: readonly string[]): PlainValue {
    const { file } = at
    const inner = (other: Expr) => this.#eval(other, env, file, trail)
    switch (expr.kind) {
      case 'string':
        return { kind: 'string', text: this.#text(expr.parts, env, file) }
      case 'path':
        return this.#path(expr.parts, at)
      case 'number':
        return { kind: 'number', value: Number(expr.text) }
      case 'uri':
        return { kind: 'string', text: expr.text }
      case 'var':
        return this.#var(expr.name, env, at)
      case 'list':
        return { kind: 'list', items: expr.items.map((item) => this.#thunk(item, env, file, [])) }
      case 'let':
        return this.#eval(expr.body, this.#scope(expr.bindings, env, file, trail), file, trail)
      case 'attrs':
        return this.#attrs(expr, env, file, trail)
      case 'with':
        return this.#eval(
          expr.body,
          env.with(() => inner(expr.subject)),
          file,
          trail,
        )
      case 'select':
        return this.#select(expr, env, at)
      case 'has':
        return { kind: 'bool', value: this.#find(inner(expr.subject), expr.path, env, at) !== null }
      case 'if':
        return inner(this.#bool(inner(expr.condition), at) ? expr.then : expr.else)
      case 'assert':
        if (!this.#bool(inner(expr.subject), at)) throw this.fault(at, 'an assertion fails')
        return inner(expr.body)
      case 'binary':
        return this.#binary(expr, env, at)
      case 'unary':
        if (expr.op !== '!') throw this.fault(at, `${expr.op} is more than data`)
        return { kind: 'bool', value: !this.#bool(inner(expr.operand), at) }
      case 'lambda':
        return { kind: 'function', fn: { kind: 'lambda', lambda: expr, scope: env, file } }
      case 'apply':
        return this.apply(inner(expr.fn), this.#thunk(expr.arg, env, file, []), at)
      default:
        throw this.fault(at, 'this is more than data')
    }
  }

  #var(name: string, env: Scope, at: At): PlainValue {
    const found = env.find(name)
    if (found === null) throw this.fault(at, `${displayText(name)} is not defined here`)
    return found.force()
  }

  #text(parts: readonly TextPart[], env: Scope, file: string): string {
    return parts
      .map((part) => {
        if (typeof part === 'string') return Buffer.from(part, 'latin1').toString('utf8')
        const value = this.#eval(part, env, file, [])
        if (value.kind === 'string') {
          this.spend(value.text.length >> 6, { expr: part, file })
          return value.text
        }
        throw this.fault({ expr: part, file }, 'only text can stand in a string here')
      })
      .join('')
  }

  #path(parts: readonly TextPart[], at: At): PlainValue {
    const [literal, ...more] = parts
    const found =
      typeof literal === 'string' && more.length === 0 ? this.#host.resolve(literal, at.file) : null
    if (found === null) throw this.fault(at, 'this path cannot be followed')
    return { kind: 'path', file: found }
  }

  /** Names of `let` and `rec { }`, which see each other. */
  #scope(bindings: readonly Binding[], env: Scope, file: string, trail: readonly string[]): Scope {
    const names = new Map<string, Thunk>()
    const scope = env.binding(names)
    this.#bind(bindings, names, { outer: env, inner: scope, file, trail })
    return scope
  }

  #attrs(
    expr: Extract<Expr, { kind: 'attrs' }>,
    env: Scope,
    file: string,
    trail: readonly string[],
  ): PlainValue {
    const attrs = new Map<string, Thunk>()
    const inner = expr.rec ? env.binding(attrs) : env
    this.#bind(expr.bindings, attrs, { outer: env, inner, file, trail })
    return { kind: 'attrs', attrs }
  }

  #bind(
    bindings: readonly Binding[],
    into: Map<string, Thunk>,
    place: { outer: Scope; inner: Scope; file: string; trail: readonly string[] },
  ): void {
    const { outer, inner, file, trail } = place
    const nested = new Map<string, Extract<Binding, { kind: 'attr' }>[]>()
    for (const binding of bindings) {
      if (binding.kind === 'inherit') {
        const scope = binding.scope === null ? null : this.#thunk(binding.scope, inner, file, [])
        for (const key of binding.names)
          into.set(this.#key(key, outer, file), this.#inherited(key, scope, outer, file))
        continue
      }
      const [first] = binding.path as [AttrKey]
      const name = this.#key(first, inner, file)
      nested.set(name, [...(nested.get(name) ?? []), binding])
    }
    for (const [name, group] of nested) into.set(name, this.#bound(group, inner, file, [...trail, name]))
  }

  #inherited(key: AttrKey, scope: Thunk | null, outer: Scope, file: string): Thunk {
    const name = this.#key(key, outer, file)
    const expr: Expr = { kind: 'var', name, from: key.from, to: key.to }
    if (scope === null) return { force: () => this.#var(name, outer, { expr, file }) }
    return {
      force: () => {
        const value = scope.force()
        const found = value.kind === 'attrs' ? value.attrs.get(name) : undefined
        if (found === undefined)
          throw this.fault({ expr, file }, `${displayText(name)} is not there to inherit`)
        return found.force()
      },
    }
  }

  /** One value for all bindings that begin with the same name: `a.b = 1; a.c = 2;` is one set. */
  #bound(
    group: readonly Extract<Binding, { kind: 'attr' }>[],
    env: Scope,
    file: string,
    trail: readonly string[],
  ): Thunk {
    const [first] = group as [Extract<Binding, { kind: 'attr' }>]
    if (group.length === 1 && first.path.length === 1) return this.#thunk(first.value, env, file, trail)
    const deeper = group.flatMap((binding): Binding[] => {
      if (binding.path.length > 1) return [{ ...binding, path: binding.path.slice(1) }]
      if (binding.value.kind === 'attrs' && !binding.value.rec) return [...binding.value.bindings]
      throw this.#faultAt(file, binding.from, 'it is defined twice')
    })
    return this.#thunk(
      { kind: 'attrs', rec: false, bindings: deeper, from: first.from, to: first.to },
      env,
      file,
      trail,
    )
  }

  #key(key: AttrKey, env: Scope, file: string): string {
    if (key.name !== null) return Buffer.from(key.name, 'latin1').toString('utf8')
    const value = key.expr === null ? null : this.#eval(key.expr, env, file, [])
    if (value?.kind === 'string') return value.text
    throw this.#faultAt(file, key.from, 'this name cannot be worked out')
  }

  #select(expr: Extract<Expr, { kind: 'select' }>, env: Scope, at: At): PlainValue {
    const found = this.#find(this.#eval(expr.subject, env, at.file, []), expr.path, env, at)
    if (found !== null) return found.force()
    if (expr.fallback !== null) return this.#eval(expr.fallback, env, at.file, [])
    const name = expr.path.map(({ name }) => name ?? '…').join('.')
    throw this.fault(at, `${displayText(name)} is not there, or not known here`)
  }

  #find(subject: PlainValue, path: readonly AttrKey[], env: Scope, { file }: At): Thunk | null {
    let found: Thunk = { force: () => subject }
    for (const key of path) {
      const value = found.force()
      const next = value.kind === 'attrs' ? value.attrs.get(this.#key(key, env, file)) : undefined
      if (next === undefined) return null
      found = next
    }
    return found
  }

  #bool(value: PlainValue, at: At): boolean {
    if (value.kind === 'bool') return value.value
    throw this.fault(at, 'true or false is needed here')
  }

  #binary(expr: Extract<Expr, { kind: 'binary' }>, env: Scope, at: At): PlainValue {
    const left = this.#eval(expr.left, env, at.file, [])
    const right = () => this.#eval(expr.right, env, at.file, [])
    const bool = (value: boolean): PlainValue => ({ kind: 'bool', value })
    if (expr.op === '&&') return bool(this.#bool(left, at) && this.#bool(right(), at))
    if (expr.op === '||') return bool(this.#bool(left, at) || this.#bool(right(), at))
    if (expr.op === '->') return bool(!this.#bool(left, at) || this.#bool(right(), at))
    const other = right()
    if (expr.op === '++' && left.kind === 'list' && other.kind === 'list') {
      this.spend(left.items.length + other.items.length, at)
      return { kind: 'list', items: [...left.items, ...other.items] }
    }
    if (expr.op === '//' && left.kind === 'attrs' && other.kind === 'attrs') {
      this.spend(left.attrs.size + other.attrs.size, at)
      return { kind: 'attrs', attrs: new Map([...left.attrs, ...other.attrs]) }
    }
    if (expr.op === '+' && left.kind === 'string' && other.kind === 'string') {
      this.spend((left.text.length + other.text.length) >> 6, at)
      return { kind: 'string', text: left.text + other.text }
    }
    const scalar = scalarOf(left)
    if ((expr.op === '==' || expr.op === '!=') && scalar !== null && scalarOf(other) !== null)
      return bool((scalar === scalarOf(other)) === (expr.op === '=='))
    throw this.fault(at, `${expr.op} of these is more than data`)
  }

  #call(fn: PlainFunction, arg: Thunk, at: At): PlainValue {
    if (fn.kind === 'builtin') return callBuiltin(this, fn, arg, at)
    const { lambda, scope: env, file } = fn
    const names = new Map<string, Thunk>()
    const scope = env.binding(names)
    if (lambda.param !== null) names.set(lambda.param, arg)
    if (lambda.formals !== null) {
      const given = arg.force()
      if (given.kind !== 'attrs') throw this.fault(at, 'a set is needed here')
      for (const { name, fallback } of lambda.formals) {
        const value =
          given.attrs.get(name) ?? (fallback === null ? null : this.#thunk(fallback, scope, file, []))
        if (value === null) throw this.fault(at, `the function wants ${displayText(name)}`)
        names.set(name, value)
      }
    }
    return this.#eval(lambda.body, scope, file, [])
  }
}

function scalarOf(value: PlainValue): string | null {
  switch (value.kind) {
    case 'string':
      return `s${value.text}`
    case 'number':
    case 'bool':
      return `${value.kind}${value.value}`
    case 'null':
      return 'null'
    default:
      return null
  }
}
