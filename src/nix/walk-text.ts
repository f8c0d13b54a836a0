import type { Expr, Text } from './ast.ts'
import type { NixTarget } from './facts.ts'
import { takesSecretFile } from './file-options.ts'
import { judgeFileText, judgeLiteral, mayHoldSecret } from './inline-secret.ts'
import { optionPath, showPath } from './option-path.ts'
import { beside, type Place, type Walk } from './place.ts'
import type { Scope } from './scope.ts'
import { isFlake, type Piece, type TextValue, targetOf, textValue } from './text-value.ts'

/** What may follow `${self}` in the middle of a longer text. */
const BELOW = /^\/[\w.+@/-]+/

/** A string or path literal. */
export function walkText(walk: Walk, text: Text, scope: Scope, place: Place): void {
  if (text.kind === 'path') {
    walkPath(walk, text, scope, place)
    return
  }
  if (text.parts.every((part) => typeof part === 'string')) {
    if (place.step !== null) judge(walk, text.parts.join(''), true, text.from, place)
    return
  }
  const value = textValue({ expr: text, scope }, walk.budget)
  const isFile = asFileOption(walk, value, place)
  if (isFile && (value.pieces.length === 1 || value.pieces[0]?.base === null)) return
  const target = targetOf(value.pieces)
  if (target !== null && place.how !== null && place.how !== 'interpolation' && !place.quiet) {
    walk.facts.read(target.offset, place.how, target)
    // `readFile "${./dir}/file"` copies the directory first.
    const [first] = text.parts
    if (typeof first === 'object' && value.pieces.length > 1 && !isFlake(first, scope))
      walk.visit(first, scope, { ...beside(place), how: 'interpolation' })
    return
  }
  const parts = text.parts.filter((part) => part !== '')
  for (const part of parts) {
    if (typeof part === 'string' || isFlake(part, scope)) continue
    const passed = parts.length === 1 ? place : { ...beside(place), quiet: place.quiet }
    walk.visit(part, scope, { ...passed, item: false, how: place.how ?? 'interpolation' })
  }
  if (isFile) return
  if (!place.quiet)
    for (const one of belowFlake(value.pieces)) walk.facts.read(one.offset, 'interpolation', one)
  judgeValue(walk, value, text.from, place)
}

/** `a + b + c` of texts and paths; of anything else only what stands in it. */
export function walkSum(walk: Walk, sum: Expr, scope: Scope, place: Place): void {
  const value = textValue({ expr: sum, scope }, walk.budget)
  for (const { expr, scope: within } of value.unknown)
    walk.visit(expr, within, { ...beside(place), quiet: place.quiet })
  if (asFileOption(walk, value, place)) return
  const target = targetOf(value.pieces)
  if (target === null) {
    judgeValue(walk, value, sum.from, place)
    return
  }
  if (place.quiet) return
  if (place.how === null && place.step !== null) walk.facts.bare(target.offset, bareUse(place), target)
  else walk.facts.read(target.offset, place.how ?? 'path', target)
}

function walkPath(walk: Walk, path: Text, scope: Scope, place: Place): void {
  const value = textValue({ expr: path, scope }, walk.budget)
  for (const { expr, scope: within } of value.unknown) walk.visit(expr, within, beside(place))
  if (asFileOption(walk, value, place)) return
  const target = targetOf(value.pieces)
  if (target === null || place.quiet) return
  if (place.how !== null) walk.facts.read(path.from, place.how, target)
  else walk.facts.bare(path.from, bareUse(place), target)
}

/** Whether an option that takes a file with a secret gets what stands here. */
export function isSecretFile({ step, how, quiet, trust }: Place): boolean {
  // Keys of tests lie in the repository for all to see.
  if (step === null || quiet || trust === 'test' || (how !== null && how !== 'interpolation')) return false
  return takesSecretFile(optionPath(step).names)
}

/** Whether a text is the file that an option takes; notes it, if it is known where it lies. */
export function asFileOption(walk: Walk, { pieces }: TextValue, place: Place): boolean {
  const at = pieces.findIndex((piece) => piece !== null && piece.base !== null)
  if (at < 0 || !isSecretFile(place)) return false
  const { names, rooted } = optionPath(place.step)
  // `LoadCredential = "name:${./file}"`
  const target = targetOf(/^LoadCredential/.test(names.at(-1) ?? '') ? pieces.slice(at) : pieces)
  // Public halves lie beside private ones.
  if (target !== null && !/\.(pub|crt|cer)$/.test(target.path))
    walk.facts.fileOption(target.offset, showPath(names), target, rooted ? 1 : 0)
  return true
}

/** Attributes that take a path to read or copy it; of others that is not known. */
const USES = new Map([
  ['imports', 'import'],
  ['modules', 'import'],
  ['src', 'src'],
  ['source', 'source'],
])

function bareUse({ step }: Place): string {
  return USES.get(step?.name ?? '') ?? 'path'
}

function* belowFlake(pieces: readonly (Piece | null)[]): Iterable<NixTarget & { offset: number }> {
  for (const [i, piece] of pieces.entries()) {
    const path = piece?.base === 'flake' ? BELOW.exec(pieces[i + 1]?.text ?? '')?.[0] : undefined
    if (path !== undefined) yield { base: 'flake', path: path.slice(1), offset: piece?.offset ?? 0 }
  }
}

/** A text with parts that are not known is judged by its longest known part. */
function judgeValue(walk: Walk, { pieces }: TextValue, from: number, place: Place): void {
  if (place.step === null || pieces.some((piece) => piece !== null && piece.base !== null)) return
  const known = pieces.filter((piece) => piece !== null)
  const whole = known.length === pieces.length
  let longest: Piece | null = null
  for (const piece of known) if (longest === null || piece.text.length > longest.text.length) longest = piece
  if (longest === null) return
  const text = whole ? known.map((piece) => piece.text).join('') : longest.text
  judge(walk, text, whole, whole ? longest.offset : longest.offset || from, place)
}

function judge(walk: Walk, text: string, whole: boolean, offset: number, place: Place): void {
  const { step, trust } = place
  if (step === null || !(place.written || mayHoldSecret(step.name, step.up?.name ?? ''))) return
  const literal = { path: optionPath(step), text, whole, trust }
  const verdict = place.written ? judgeFileText(literal) : judgeLiteral(literal)
  if (verdict !== null) walk.facts.secret(offset, verdict.option, verdict.hash, verdict.rank)
}
