import type { Expr } from './ast.ts'

/** A function, and all that it is applied to. */
export interface Call {
  readonly fn: Expr
  /** The last name of the function, whatever it is reached by: `mkIf` of `lib.mkIf`; null for a computed one. */
  readonly name: string | null
  readonly args: readonly Expr[]
}

/** Takes `f a b` apart. */
export function call(expr: Expr): Call {
  const args: Expr[] = []
  let fn = expr
  while (fn.kind === 'apply') {
    args.push(fn.arg)
    fn = fn.fn
  }
  return { fn, name: lastName(fn), args: args.reverse() }
}

/** The last name of `a.b.c`. */
export function lastName(expr: Expr): string | null {
  if (expr.kind === 'var') return expr.name
  return expr.kind === 'select' ? (expr.path.at(-1)?.name ?? null) : null
}

/** Which arguments of nixpkgs' functions become the value, from 0; -1 is the last. */
const VALUES = new Map<string, readonly number[]>()
for (const [places, names] of [
  // lib/modules.nix
  [
    [0],
    'mkDefault mkForce mkVMOverride mkOptionDefault mkBefore mkAfter mkImageMediaOverride mkMerge mkTestOverride',
  ],
  [[1], 'mkIf mkOverride mkOrder optional optionals optionalString optionalAttrs'],
  [[1], 'warn warnIf traceSeq seq deepSeq trace throwIf throwIfNot assertMsg addErrorContext'],
  [[-1], 'warnIfNot traceIf'],
  // lib/attrsets.nix, lib/strings.nix, lib/generators.nix, pkgs/pkgs-lib/formats.nix
  [[0, 1], 'recursiveUpdate recursiveMerge mergeAttrs'],
  [
    [0],
    'toJSON toYAML toString toTOML toINI toXML concatStrings concatLines id escapeShellArg escapeXML escape toPath',
  ],
  [
    [0],
    'unsafeDiscardStringContext recursiveMergeAttrs foldl mergeAttrsList flatten concatLists unique attrValues trim singleton',
  ],
  [
    [1],
    'generate concatStringsSep escapeShellArgs removeSuffix removePrefix intersperse toKeyValue toLua toHyprconf',
  ],
  // lib/fileset
  [[0, 1], 'union'],
  [[0], 'unions maybeMissing'],
] as const)
  for (const name of names.split(' ')) VALUES.set(name, places)

/** The arguments that are the value of a call, as `x` of `lib.mkIf c x`; null where the function isn't known. */
export function valueArguments({ name, args }: Call): readonly Expr[] | null {
  const places = name === null ? undefined : VALUES.get(name)
  if (places === undefined) return null
  // `toYAML {} x`, `toINI { … } x`: settings first, where there are two.
  const settings = args.length === 2 && name !== null && /^to[A-Z]/.test(name)
  const found = settings ? [args[1]] : places.map((place) => args.at(place))
  return found.filter((arg) => arg !== undefined)
}

/** Whether a function puts a list of texts together. */
export function joinsTexts(name: string | null): boolean {
  return name === 'concatStrings' || name === 'concatStringsSep' || name === 'concatLines'
}

/** Functions that make one value of a list of them. */
const MERGING = new Set(['mkMerge', 'mergeAttrsList', 'recursiveMergeAttrs', 'concatLists', 'flatten'])

/** Whether what stands in the list that a function gets is no item of it in the end. */
export function isMerging(name: string | null): boolean {
  return name !== null && MERGING.has(name)
}

/** Functions over lists and sets: what a function among their arguments returns is below the option. */
const MAPPING = new Set(
  (
    "map mapAttrs mapAttrs' mapAttrsToList genAttrs genAttrs' listToAttrs imap0 imap1 forEach concatMap " +
    'concatMapAttrs flip nameValuePair mapToAttrs filterAttrs concatMapStringsSep concatMapStrings'
  ).split(' '),
)

/** Whether a function maps over what it gets. */
export function isMapping(name: string | null): boolean {
  return name !== null && MAPPING.has(name)
}

/** Functions that run NixOS tests: what stands in them is of machines that nobody reaches. */
const TESTS = new Set(
  'nixosTest runNixOSTest runTest makeTest makeTestPython simpleTest runNixosTest'.split(' '),
)

/** Whether a function runs a NixOS test. */
export function isTest(name: string | null): boolean {
  return name !== null && TESTS.has(name)
}

/** Functions that make a file of a text. */
const WRITERS = new Map([
  ['writeText', 1],
  ['toFile', 1],
  ['writeScript', 1],
  ['writeShellScript', 1],
])

/** The text of which a call makes a file in the store: of `pkgs.writeText "name" text`. */
export function writtenText({ name, args }: Call): Expr | null {
  if (name === null) return null
  const place = WRITERS.get(name)
  if (place !== undefined) return args[place] ?? null
  const arg = args[0]
  if (name !== 'writeTextFile' || arg?.kind !== 'attrs') return null
  for (const binding of arg.bindings)
    if (binding.kind === 'attr' && binding.path.length === 1 && binding.path[0]?.name === 'text')
      return binding.value
  return null
}
