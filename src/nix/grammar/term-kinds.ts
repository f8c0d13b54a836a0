import * as t from './terms.gen.ts'

/** The operators as written. */
export const OPERATORS: Readonly<Record<number, string>> = {
  [t.PipeInto]: '<|',
  [t.PipeFrom]: '|>',
  [t.Implies]: '->',
  [t.OrOr]: '||',
  [t.AndAnd]: '&&',
  [t.Equal]: '==',
  [t.NotEqual]: '!=',
  [t.Less]: '<',
  [t.LessEqual]: '<=',
  [t.Greater]: '>',
  [t.GreaterEqual]: '>=',
  [t.Update]: '//',
  [t.Not]: '!',
  [t.Add]: '+',
  [t.Sub]: '-',
  [t.Mul]: '*',
  [t.Div]: '/',
  [t.Concat]: '++',
}

/** 1 for the types of nodes that are expressions. */
export const EXPRESSIONS = new Uint8Array(256)
for (const term of [
  ...[
    t.Identifier,
    t.Number,
    t.Uri,
    t.SearchPath,
    t.Path,
    t.PlainString,
    t.PlainIndented,
    t.String,
    t.Indented,
  ],
  // The beginning of what does not end; in a sound tree only within what starts with it.
  ...[t.PathWith, t.StringStart, t.IndentedStart, t.PathStart],
  ...[t.Attrs, t.RecAttrs, t.LetAttrs, t.List, t.Lambda, t.Assert, t.With, t.Let, t.If],
  ...[t.Binary, t.Unary, t.Has, t.Apply, t.Select, t.OrCall],
])
  EXPRESSIONS[term] = 1
