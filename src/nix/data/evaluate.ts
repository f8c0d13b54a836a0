import { displayText } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import type { AttrKey, Expr, TextPart } from '../ast.ts'
import { parseNix } from '../parse-nix.ts'
import { callLambda, keyName, scopeOf, setOf } from './bind-names.ts'
import { callBuiltin } from './builtins.ts'
import { applyOperator, truth } from './operators.ts'
import type { At, Expressions, PlainValue, Scope, Thunk } from './plain-value.ts'
import { topScope } from './top-scope.ts'

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
export class Evaluator implements Expressions {
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
      thunk = this.thunk(root, topScope(), file, [])
      this.#files.set(file, thunk)
    }
    return thunk.force()
  }

  fault({ expr, file }: At, why: string): NixsecretError {
    return this.#faultAt(file, expr.from, why)
  }

  apply(fn: PlainValue, arg: Thunk, at: At): PlainValue {
    if (fn.kind !== 'function') throw this.fault(at, 'what is called here is no function')
    return fn.fn.kind === 'builtin' ? callBuiltin(this, fn.fn, arg, at) : callLambda(this, fn.fn, arg, at)
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

  #faultAt(file: string, offset: number, why: string): NixsecretError {
    const line = (this.#sources.get(file) ?? '').slice(0, offset).split('\n').length
    return new NixsecretError('format', `${displayText(file)}:${line}: ${why}`)
  }

  thunk(expr: Expr, env: Scope, file: string, trail: readonly string[]): Thunk {
    let state: PlainValue | 'new' | 'running' = 'new'
    return {
      force: () => {
        if (state === 'running') throw this.fault({ expr, file }, 'it is defined by itself')
        if (state !== 'new') return state
        state = 'running'
        const value = this.value(expr, env, file, trail)
        state = value
        if (trail.length > 0) this.#host.named?.(trail, value)
        return value
      },
    }
  }

  value(expr: Expr, env: Scope, file: string, trail: readonly string[]): PlainValue {
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
    const inner = (other: Expr) => this.value(other, env, file, trail)
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
        return { kind: 'list', items: expr.items.map((item) => this.thunk(item, env, file, [])) }
      case 'let':
        return this.value(expr.body, scopeOf(this, expr.bindings, env, file, trail), file, trail)
      case 'attrs':
        return setOf(this, expr, env, file, trail)
      case 'with':
        return this.value(
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
        return inner(truth(this, inner(expr.condition), at) ? expr.then : expr.else)
      case 'assert':
        if (!truth(this, inner(expr.subject), at)) throw this.fault(at, 'an assertion fails')
        return inner(expr.body)
      case 'binary':
        return applyOperator(this, expr.op, [inner(expr.left), () => inner(expr.right)], at)
      case 'unary':
        if (expr.op !== '!') throw this.fault(at, `${expr.op} is more than data`)
        return { kind: 'bool', value: !truth(this, inner(expr.operand), at) }
      case 'lambda':
        return { kind: 'function', fn: { kind: 'lambda', lambda: expr, scope: env, file } }
      case 'apply':
        return this.apply(inner(expr.fn), this.thunk(expr.arg, env, file, []), at)
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
        const value = this.value(part, env, file, [])
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

  #select(expr: Extract<Expr, { kind: 'select' }>, env: Scope, at: At): PlainValue {
    const found = this.#find(this.value(expr.subject, env, at.file, []), expr.path, env, at)
    if (found !== null) return found.force()
    if (expr.fallback !== null) return this.value(expr.fallback, env, at.file, [])
    const name = expr.path.map(({ name }) => name ?? '…').join('.')
    throw this.fault(at, `${displayText(name)} is not there, or not known here`)
  }

  #find(subject: PlainValue, path: readonly AttrKey[], env: Scope, { file }: At): Thunk | null {
    let found: Thunk = { force: () => subject }
    for (const key of path) {
      const value = found.force()
      const next = value.kind === 'attrs' ? value.attrs.get(keyName(this, key, env, file)) : undefined
      if (next === undefined) return null
      found = next
    }
    return found
  }
}
