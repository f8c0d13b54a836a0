import type { At, Evaluation, PlainValue } from './plain-value.ts'

/**
 * An operator between two values.
 * @param right worked out only where the operator asks for it
 */
export function applyOperator(
  evaluation: Evaluation,
  op: string,
  [left, right]: readonly [PlainValue, () => PlainValue],
  at: At,
): PlainValue {
  const bool = (value: boolean): PlainValue => ({ kind: 'bool', value })
  if (op === '&&') return bool(truth(evaluation, left, at) && truth(evaluation, right(), at))
  if (op === '||') return bool(truth(evaluation, left, at) || truth(evaluation, right(), at))
  if (op === '->') return bool(!truth(evaluation, left, at) || truth(evaluation, right(), at))
  const other = right()
  if (op === '++' && left.kind === 'list' && other.kind === 'list') {
    evaluation.spend(left.items.length + other.items.length, at)
    return { kind: 'list', items: [...left.items, ...other.items] }
  }
  if (op === '//' && left.kind === 'attrs' && other.kind === 'attrs') {
    evaluation.spend(left.attrs.size + other.attrs.size, at)
    return { kind: 'attrs', attrs: new Map([...left.attrs, ...other.attrs]) }
  }
  if (op === '+' && left.kind === 'string' && other.kind === 'string') {
    evaluation.spend((left.text.length + other.text.length) >> 6, at)
    return { kind: 'string', text: left.text + other.text }
  }
  const scalar = scalarOf(left)
  if ((op === '==' || op === '!=') && scalar !== null && scalarOf(other) !== null)
    return bool((scalar === scalarOf(other)) === (op === '=='))
  throw evaluation.fault(at, `${op} of these is more than data`)
}

/** True or false, where that is needed. */
export function truth(evaluation: Evaluation, value: PlainValue, at: At): boolean {
  if (value.kind === 'bool') return value.value
  throw evaluation.fault(at, 'true or false is needed here')
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
