import type { Expr, TextPart } from './ast.ts'
import { NODE } from './flat-tree.ts'
import * as t from './grammar/terms.gen.ts'
import { indentedText } from './indented-text.ts'
import { stringText } from './string-text.ts'
import type { TreeView } from './tree-view.ts'

/** Reads what is interpolated. */
type Read = (i: number, into: Expr[]) => void

/** The parts of a path literal; text as written. */
export function pathParts(view: TreeView, i: number, read: Read): TextPart[] {
  if (view.type(i) !== t.PathWith) return [view.written(i)]
  return rawParts(view, i, 0, read)
}

/** The parts of a string of either kind, without empty texts. */
export function stringParts(view: TreeView, i: number, read: Read): TextPart[] {
  switch (view.type(i)) {
    case t.PlainString:
      return decoded([view.written(i, 1, 1)])
    case t.StringStart:
      return decoded([view.written(i, 1)])
    case t.String:
      return decoded(rawParts(view, i, 1, read))
    case t.PlainIndented:
      return indentedText<Expr>([view.written(i, 2, 2)])
    case t.IndentedStart:
      return indentedText<Expr>([view.written(i, 2)])
    default:
      return indentedText(rawParts(view, i, 2, read))
  }
}

function isStart(type: number): boolean {
  return type === t.StringStart || type === t.IndentedStart || type === t.PathStart
}

function isText(type: number): boolean {
  return type === t.StringText || type === t.IndentedText || type === t.PathText
}

/** Texts and interpolations; the first text without what opens it, and kept if empty. */
function rawParts(view: TreeView, i: number, open: number, read: Read): TextPart[] {
  const parts: TextPart[] = []
  let behind = -1
  const end = view.next(i)
  for (let c = i + NODE; c < end; c = view.next(c)) {
    const type = view.type(c)
    const text = isText(type)
    if (isStart(type)) parts.push(view.written(c, open))
    else if (!text) read(c, parts as Expr[])
    else if (behind === view.from(c)) parts.push(parts.pop() + view.written(c))
    else parts.push(view.written(c))
    behind = text ? view.to(c) : -1
  }
  return parts
}

/** Texts of a `"…"` string, without empty ones. */
function decoded(parts: readonly TextPart[]): TextPart[] {
  return parts
    .map((part) => (typeof part === 'string' ? stringText(part) : part))
    .filter((part) => part !== '')
}
