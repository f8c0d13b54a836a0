import type { AttrKey, Binding, Expr, TextPart } from '../../src/nix/ast.ts'

/** A syntax tree as Nix, with brackets around all that has parts; `<…>` for error nodes. */
export function printNix(expr: Expr): string {
  switch (expr.kind) {
    case 'string':
      return `"${expr.parts.map((part) => piece(part, escaped)).join('')}"`
    case 'path':
      return expr.parts.map((part) => piece(part, (text) => text)).join('')
    case 'number':
    case 'uri':
    case 'search-path':
      return expr.text
    case 'var':
      return expr.name
    case 'attrs':
      return `${expr.rec ? 'rec ' : ''}{ ${bindings(expr.bindings)}}`
    case 'list':
      return `[${expr.items.map(printNix).join(' ')}]`
    case 'error':
      return `<${expr.items.map(printNix).join(' ')}>`
    default:
      return `(${compound(expr)})`
  }
}

type Compound = Exclude<
  Expr,
  { kind: 'string' | 'path' | 'number' | 'uri' | 'search-path' | 'var' | 'attrs' | 'list' | 'error' }
>

function compound(expr: Compound): string {
  const print = printNix
  switch (expr.kind) {
    case 'lambda': {
      const formals = expr.formals?.map(
        ({ name, fallback }) => name + (fallback === null ? '' : ` ? ${print(fallback)}`),
      )
      const set = formals === undefined ? '' : `{ ${formals.join(', ')}${formals.length > 0 ? ' ' : ''}}`
      return `${expr.param ?? ''}${expr.param !== null && set !== '' ? '@' : ''}${set}: ${print(expr.body)}`
    }
    case 'let':
      return `let ${bindings(expr.bindings)}in ${print(expr.body)}`
    case 'with':
    case 'assert':
      return `${expr.kind} ${print(expr.subject)}; ${print(expr.body)}`
    case 'if':
      return `if ${print(expr.condition)} then ${print(expr.then)} else ${print(expr.else)}`
    case 'select':
      return `${print(expr.subject)}.${path(expr.path)}${expr.fallback === null ? '' : ` or ${print(expr.fallback)}`}`
    case 'has':
      return `${print(expr.subject)} ? ${path(expr.path)}`
    case 'apply':
      return `${print(expr.fn)} ${print(expr.arg)}`
    case 'binary':
      return `${print(expr.left)} ${expr.op} ${print(expr.right)}`
    case 'unary':
      return `${expr.op}${print(expr.operand)}`
  }
}

function bindings(list: readonly Binding[]): string {
  return list
    .map((binding) => {
      if (binding.kind === 'attr') return `${path(binding.path)} = ${printNix(binding.value)}; `
      const scope = binding.scope === null ? '' : `(${printNix(binding.scope)}) `
      return `inherit ${scope}${binding.names.map(key).join(' ')}; `
    })
    .join('')
}

function path(keys: readonly AttrKey[]): string {
  return keys.map(key).join('.')
}

function key({ name, expr }: AttrKey): string {
  if (expr !== null) return expr.kind === 'string' ? printNix(expr) : `\${${printNix(expr)}}`
  if (name === null) return '<>'
  return PLAIN.test(name) && !KEYWORDS.has(name) ? name : `"${escaped(name)}"`
}

const PLAIN = /^[a-zA-Z_][\w'-]*$/
const KEYWORDS = new Set(['if', 'then', 'else', 'assert', 'with', 'let', 'in', 'rec', 'inherit'])

function piece(part: TextPart, write: (text: string) => string): string {
  return typeof part === 'string' ? write(part) : `\${${printNix(part)}}`
}

function escaped(text: string): string {
  return text
    .replace(/["\\]|\$(?=\{)/g, '\\$&')
    .replace(/\n/g, '\\n')
    .replace(/\r/g, '\\r')
}
