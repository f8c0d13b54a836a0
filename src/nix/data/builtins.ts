import type { At, Evaluation, PlainFunction, PlainValue, Thunk } from './plain-value.ts'

type Builtin = (evaluator: Evaluation, args: readonly Thunk[], at: At) => PlainValue

const list = (items: readonly Thunk[]): PlainValue => ({ kind: 'list', items })
const done = (value: PlainValue): Thunk => ({ force: () => value })
const text = (value: string): PlainValue => ({ kind: 'string', text: value })

/** Each with the number of its arguments. */
const TABLE: Readonly<Record<string, readonly [number, Builtin]>> = {
  attrNames: [1, (e, [set], at) => list(sorted(attrsOf(e, set, at)).map(([name]) => done(text(name))))],
  attrValues: [1, (e, [set], at) => list(sorted(attrsOf(e, set, at)).map(([, value]) => value))],
  concatLists: [1, (e, [lists], at) => list(itemsOf(e, lists, at).flatMap((one) => itemsOf(e, one, at)))],
  concatMap: [
    2,
    (e, [fn, items], at) =>
      list(itemsOf(e, items, at).flatMap((one) => itemsOf(e, lazy(e, fn, one, at), at))),
  ],
  filter: [
    2,
    (e, [fn, items], at) =>
      list(
        itemsOf(e, items, at).filter((one) => {
          const kept = lazy(e, fn, one, at).force()
          if (kept.kind !== 'bool') throw e.fault(at, 'true or false is needed here')
          return kept.value
        }),
      ),
  ],
  head: [1, (e, [items], at) => (itemsOf(e, items, at)[0] ?? refuse(e, at, 'the list is empty')).force()],
  import: [1, (e, [file], at) => e.file(fileOf(e, file, at))],
  listToAttrs: [1, (e, [items], at) => ({ kind: 'attrs', attrs: pairs(e, itemsOf(e, items, at), at) })],
  map: [2, (e, [fn, items], at) => list(itemsOf(e, items, at).map((one) => lazy(e, fn, one, at)))],
  mapAttrs: [
    2,
    (e, [fn, set], at) => ({
      kind: 'attrs',
      attrs: new Map(
        [...attrsOf(e, set, at)].map(([name, value]) => [
          name,
          once(() => e.apply(lazy(e, fn, done(text(name)), at).force(), value, at)),
        ]),
      ),
    }),
  ],
  readFile: [1, (e, [file], at) => text(e.text(fileOf(e, file, at), at))],
}

/** Functions that are known here, by the names that they have in `builtins`. */
export const BUILTINS: readonly string[] = Object.keys(TABLE)

/** Applies a function of Nix to one more argument. */
export function callBuiltin(
  evaluator: Evaluation,
  fn: Extract<PlainFunction, { kind: 'builtin' }>,
  arg: Thunk,
  at: At,
): PlainValue {
  const [count, run] = TABLE[fn.name] as readonly [number, Builtin]
  const args = [...fn.args, arg]
  return args.length < count ? { kind: 'function', fn: { ...fn, args } } : run(evaluator, args, at)
}

// Nix orders attributes by bytes.
function sorted(attrs: ReadonlyMap<string, Thunk>): [string, Thunk][] {
  return [...attrs].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

function lazy(evaluator: Evaluation, fn: Thunk | undefined, arg: Thunk, at: At): Thunk {
  return once(() => evaluator.apply((fn as Thunk).force(), arg, at))
}

function once(work: () => PlainValue): Thunk {
  let value: PlainValue | null = null
  return {
    force: () => {
      value ??= work()
      return value
    },
  }
}

function refuse(evaluator: Evaluation, at: At, why: string): never {
  throw evaluator.fault(at, why)
}

function itemsOf(evaluator: Evaluation, thunk: Thunk | undefined, at: At): readonly Thunk[] {
  const value = thunk?.force()
  if (value?.kind !== 'list') return refuse(evaluator, at, 'a list is needed here')
  evaluator.spend(value.items.length, at)
  return value.items
}

function attrsOf(evaluator: Evaluation, thunk: Thunk | undefined, at: At): ReadonlyMap<string, Thunk> {
  const value = thunk?.force()
  return value?.kind === 'attrs' ? value.attrs : refuse(evaluator, at, 'a set is needed here')
}

function stringOf(evaluator: Evaluation, thunk: Thunk | undefined, at: At): string {
  const value = thunk?.force()
  return value?.kind === 'string' ? value.text : refuse(evaluator, at, 'text is needed here')
}

function fileOf(evaluator: Evaluation, thunk: Thunk | undefined, at: At): string {
  const value = thunk?.force()
  return value?.kind === 'path' ? value.file : refuse(evaluator, at, 'a path is needed here')
}

function pairs(evaluator: Evaluation, items: readonly Thunk[], at: At): Map<string, Thunk> {
  const attrs = new Map<string, Thunk>()
  for (const item of items) {
    const pair = attrsOf(evaluator, item, at)
    const name = stringOf(evaluator, pair.get('name'), at)
    const value = pair.get('value') ?? refuse(evaluator, at, 'a value is needed here')
    // As in Nix, the first of a name counts.
    if (!attrs.has(name)) attrs.set(name, value)
  }
  return attrs
}
