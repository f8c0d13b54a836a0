import type { Expr, Lambda } from '../ast.ts'

/** A value that is worked out when somebody asks for it, and once. */
export interface Thunk {
  force(): PlainValue
}

/** Names in scope. */
export interface Scope {
  /** Null where nothing binds the name. */
  find(name: string): Thunk | null
  /** @param names may be filled later */
  binding(names: ReadonlyMap<string, Thunk>): Scope
  /** @param subject of `with`, forced when a name is found nowhere else */
  with(subject: () => PlainValue): Scope
}

/** What functions need of the one who evaluates. */
export interface Evaluation {
  /** The value of a file. */
  file(file: string): PlainValue
  /** The text of a file. */
  text(file: string, at: At): string
  apply(fn: PlainValue, arg: Thunk, at: At): PlainValue
  /**
   * Counts work of a size.
   * @throws NixsecretError `format` where it is too much in all
   */
  spend(size: number, at: At): void
  /** A fault at an expression. */
  fault(at: At, why: string): Error
}

/** What names need of the one who evaluates. */
export interface Expressions extends Evaluation {
  /** @param trail names around the expression, from the outside in */
  thunk(expr: Expr, scope: Scope, file: string, trail: readonly string[]): Thunk
  value(expr: Expr, scope: Scope, file: string, trail: readonly string[]): PlainValue
}

/** A function: one of the file, or one of the few of Nix that are known here. */
export type PlainFunction =
  | { readonly kind: 'lambda'; readonly lambda: Lambda; readonly scope: Scope; readonly file: string }
  | { readonly kind: 'builtin'; readonly name: string; readonly args: readonly Thunk[] }

/** What an expression means. */
export type PlainValue =
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'path'; readonly file: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'null' }
  | { readonly kind: 'list'; readonly items: readonly Thunk[] }
  | { readonly kind: 'attrs'; readonly attrs: ReadonlyMap<string, Thunk> }
  | { readonly kind: 'function'; readonly fn: PlainFunction }

/** Where an expression stands, for messages. */
export interface At {
  readonly expr: Expr
  readonly file: string
}
