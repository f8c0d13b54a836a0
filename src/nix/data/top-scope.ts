import { BUILTINS } from './builtins.ts'
import { Env } from './env.ts'
import type { PlainValue, Scope, Thunk } from './plain-value.ts'

/** Names that every file may use. */
export function topScope(): Scope {
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
