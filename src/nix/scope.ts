import type { AttrKey, Binding, Expr, Lambda } from './ast.ts'

/** An expression, and the names that hold where it stands. */
export interface Thunk {
  readonly expr: Expr
  readonly scope: Scope
}

/** A name as an attribute path has it; null where it is computed. */
export type Name = string | null

/**
 * The names that hold somewhere in a file. Only what is written in the file can be known: arguments of functions,
 * and what comes with `with` from outside, are not.
 */
export class Scope {
  readonly #outer: Scope | null
  readonly #bindings: readonly Binding[]
  /** What a function is given, where that is known. */
  readonly #arguments: ReadonlyMap<string, readonly Thunk[]> | null
  readonly #with: Thunk | null
  #names: Map<string, Binding[]> | null = null

  private constructor(
    outer: Scope | null,
    bindings: readonly Binding[],
    args: ReadonlyMap<string, readonly Thunk[]> | null,
    subject: Thunk | null,
  ) {
    this.#outer = outer
    this.#bindings = bindings
    this.#arguments = args
    this.#with = subject
  }

  static readonly empty = new Scope(null, [], null, null)

  /** Within `let` or `rec`. */
  bind(bindings: readonly Binding[]): Scope {
    return new Scope(this, bindings, null, null)
  }

  /** Within a function. @param argument null where nobody knows what it is called with */
  argue(lambda: Lambda, argument: Thunk | null): Scope {
    const values = new Map<string, readonly Thunk[]>()
    const within = new Scope(this, [], values, null)
    if (lambda.param !== null) values.set(lambda.param, argument === null ? [] : [argument])
    for (const { name, fallback } of lambda.formals ?? []) {
      const given = argument === null ? [] : member(argument, name)
      const known =
        given.length > 0 || fallback === null || argument === null
          ? given
          : [{ expr: fallback, scope: within }]
      values.set(name, known)
    }
    return within
  }

  /** Within `with subject;`. */
  open(subject: Expr): Scope {
    return new Scope(this, [], null, { expr: subject, scope: this })
  }

  /** What a name is bound to: several for `a.b = 1; a.c = 2;`; none where it can't be known. */
  find(name: string): readonly Thunk[] {
    for (let scope: Scope | null = this; scope !== null; scope = scope.#outer) {
      const given = scope.#arguments?.get(name)
      if (given !== undefined) return given
      const found = scope.#own(name)
      if (found !== undefined) return thunksOf(found, name, scope, scope.#outer ?? scope)
    }
    return []
  }

  /** Whether the file itself binds a name, as an argument or otherwise. */
  binds(name: string): 'argument' | 'value' | null {
    for (let scope: Scope | null = this; scope !== null; scope = scope.#outer) {
      if (scope.#arguments?.has(name)) return 'argument'
      if (scope.#own(name) !== undefined) return 'value'
    }
    return null
  }

  /** The subjects of all `with` around, from the inside out: they count only where nothing else binds a name. */
  subjects(): readonly Thunk[] {
    const found: Thunk[] = []
    for (let scope: Scope | null = this; scope !== null; scope = scope.#outer)
      if (scope.#with !== null) found.push(scope.#with)
    return found
  }

  #own(name: string): Binding[] | undefined {
    if (this.#bindings.length === 0) return undefined
    this.#names ??= index(this.#bindings)
    return this.#names.get(name)
  }
}

/** What `name` is in a set of bindings. @param inside where their values stand; `outside`: where `inherit` looks */
export function thunksOf(
  bindings: readonly Binding[],
  name: string,
  inside: Scope,
  outside: Scope,
): readonly Thunk[] {
  const found: Thunk[] = []
  for (const binding of bindings) {
    if (binding.kind === 'attr') {
      if (binding.path[0]?.name === name) found.push({ expr: below(binding, 1), scope: inside })
      continue
    }
    const key = binding.names.find((one) => one.name === name)
    if (key === undefined) continue
    if (binding.scope === null) found.push({ expr: variable(key, name), scope: outside })
    else found.push({ expr: selection(binding.scope, key), scope: inside })
  }
  return found
}

/** What a set has by a name. */
export function member({ expr, scope }: Thunk, name: string | null): readonly Thunk[] {
  if (expr.kind !== 'attrs' || name === null) return []
  return thunksOf(expr.bindings, name, expr.rec ? scope.bind(expr.bindings) : scope, scope)
}

/** `inherit (subject) key` as the selection that it is. */
export function selection(subject: Expr, key: AttrKey): Expr {
  return { kind: 'select', subject, path: [key], fallback: null, from: key.from, to: key.to }
}

/** `inherit key` as the name that it is. */
export function variable({ from, to }: AttrKey, name: string): Expr {
  return { kind: 'var', name, from, to }
}

/** What `a.b.c = value` says of `a`: `{ b.c = value; }` */
function below(binding: Extract<Binding, { kind: 'attr' }>, depth: number): Expr {
  const path = binding.path.slice(depth)
  if (path.length === 0) return binding.value
  const { from, to } = binding
  return { kind: 'attrs', rec: false, bindings: [{ ...binding, path }], from, to }
}

function index(bindings: readonly Binding[]): Map<string, Binding[]> {
  const names = new Map<string, Binding[]>()
  const add = (name: Name | undefined, binding: Binding) => {
    if (name === null || name === undefined) return
    const known = names.get(name)
    if (known) known.push(binding)
    else names.set(name, [binding])
  }
  for (const binding of bindings)
    if (binding.kind === 'attr') add(binding.path[0]?.name, binding)
    else for (const key of binding.names) add(key.name, binding)
  return names
}
