/** Where a node stands in the source: offsets from 0; `to` is behind its last character. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** Text, and expressions interpolated into it. Text is what Nix makes of it: escapes decoded, indentation stripped. */
export type TextPart = string | Expr

/** One name of an attribute path: `a`, `"a b"`, `"${x}"` or `${x}`. */
export interface AttrKey extends Span {
  /** Null where it is computed. */
  readonly name: string | null
  /** What computes it; null for a plain name. */
  readonly expr: Expr | null
}

/** `a.b = value;` */
export interface AttrBinding extends Span {
  readonly kind: 'attr'
  /** At least one. */
  readonly path: readonly AttrKey[]
  readonly value: Expr
}

/** `inherit a b;` or `inherit (scope) a b;` */
export interface InheritBinding extends Span {
  readonly kind: 'inherit'
  readonly scope: Expr | null
  readonly names: readonly AttrKey[]
}

/** What stands in an attribute set or `let`. */
export type Binding = AttrBinding | InheritBinding

/** `x: …`, `{ a, b ? 1, ... }@args: …` */
export interface Lambda extends Span {
  readonly kind: 'lambda'
  /** The whole argument's name: of `x:` and of `args@{ … }:`; null without one. */
  readonly param: string | null
  /** Null for `x:`. */
  readonly formals: readonly { readonly name: string; readonly fallback: Expr | null }[] | null
  readonly body: Expr
}

/** A string, or a path literal (`./x`, `../x`, `/x`, `~/x`, `./${x}/y`; text as written, with its beginning). */
export interface Text extends Span {
  readonly kind: 'string' | 'path'
  readonly parts: readonly TextPart[]
}

/** A Nix expression (https://nix.dev/manual/nix/latest/language/). */
export type Expr =
  | Text
  | Lambda
  | (Span & { readonly kind: 'attrs'; readonly rec: boolean; readonly bindings: readonly Binding[] })
  | (Span & { readonly kind: 'let'; readonly bindings: readonly Binding[]; readonly body: Expr })
  | (Span & { readonly kind: 'list'; readonly items: readonly Expr[] })
  | (Span & { readonly kind: 'var'; readonly name: string })
  /** Numbers, URIs and `<nixpkgs>`, as written. */
  | (Span & { readonly kind: 'number' | 'uri' | 'search-path'; readonly text: string })
  /** `subject.path` or `subject.path or fallback` */
  | (Span & {
      readonly kind: 'select'
      readonly subject: Expr
      readonly path: readonly AttrKey[]
      readonly fallback: Expr | null
    })
  | (Span & { readonly kind: 'has'; readonly subject: Expr; readonly path: readonly AttrKey[] })
  | (Span & { readonly kind: 'apply'; readonly fn: Expr; readonly arg: Expr })
  | (Span & { readonly kind: 'with' | 'assert'; readonly subject: Expr; readonly body: Expr })
  | (Span & { readonly kind: 'if'; readonly condition: Expr; readonly then: Expr; readonly else: Expr })
  | (Span & { readonly kind: 'binary'; readonly op: string; readonly left: Expr; readonly right: Expr })
  | (Span & { readonly kind: 'unary'; readonly op: string; readonly operand: Expr })
  /** What could not be parsed; may hold what could be made out within. */
  | (Span & { readonly kind: 'error'; readonly items: readonly Expr[] })

/** A parsed file. */
export interface NixFile {
  readonly root: Expr
  /** Offsets where the text is no Nix; empty for a sound file. */
  readonly errors: readonly number[]
  /** Given where a part of the text is not in the tree, though it may be sound: too much of it, or too deeply nested. */
  readonly cut?: 'size' | 'depth' | 'faults'
}
