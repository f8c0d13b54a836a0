import fc from 'fast-check'

/** Writes a Nix file anew so that it still says the same. */
export interface Layout {
  readonly name: string
  readonly change: (source: string) => string
}

const REMARKS = [
  '',
  '\t',
  '# a remark',
  '  # password = "x"; {',
  '/* a remark */',
  '/* password = "x";\n } */',
  '#',
]

/** Before some of the lines. Between two lines there is a token's end, or a string that becomes longer. */
const remarks = fc
  .tuple(fc.constantFrom(...REMARKS), fc.integer({ min: 1, max: 5 }))
  .map(([remark, every]) => ({
    name: `remark ${JSON.stringify(remark)} before every line ${every}`,
    change: (source: string) =>
      source
        .split('\n')
        .flatMap((line, i) => (i % every === 0 && !inText(source, i) ? [remark, line] : [line]))
        .join('\n'),
  }))

const SIBLINGS = [
  'zz9 = 1;',
  'zz9.enable = true; # on',
  'zz9 = { a = [ ./zz9 ]; };',
  'zz9 = "b" + a;',
  "zz9 = '' x '';",
]

/** After bindings that are a line of their own. */
const siblings = fc
  .tuple(fc.constantFrom(...SIBLINGS), fc.integer({ min: 1, max: 3 }))
  .map(([sibling, every]) => ({
    name: `binding ${sibling} after every binding ${every}`,
    change: (source: string) =>
      source
        .split('\n')
        .flatMap((line, i) =>
          i % every === 0 && isBinding(line) ? [line, sibling.replace('zz9', `zz${i}`)] : [line],
        )
        .join('\n'),
  }))

/** Lines that no other line needs. */
const without = fc.constantFrom(/^\s*#.*$/, /^\s*$/, /^\s*[\w.]+ = (true|false|\d+);$/).map((kind) => ({
  name: `without lines like ${kind}`,
  change: (source: string) =>
    source
      .split('\n')
      .filter((line) => !kind.test(line))
      .join('\n'),
}))

const WRAPS = [
  ...[
    '{ config, ... }: {\nimports = [ (',
    ') ];\n}',
    '{ zz9, ... }:\n',
    '',
    '(',
    ')',
    'let zz9 = 1; in\n',
    '',
  ],
  ...['with { };\n', '', 'assert true;\n', '', '{ config, lib, ... }@zz9:\nlib.mkIf true (', ')'],
  ...['{ zz9 ? 1, }:\nif zz9 == 1 then (', ') else { }', 'zz9: { inherit zz9; } // (', ')'],
]
const wraps = fc.nat(WRAPS.length / 2 - 1).map((i) => ({
  name: `within ${WRAPS[2 * i]} … ${WRAPS[2 * i + 1]}`,
  change: (source: string) => `${WRAPS[2 * i]}${source}\n${WRAPS[2 * i + 1]}`,
}))

const WHOLE: readonly Layout[] = [
  { name: 'CRLF', change: (source) => source.replace(/\r?\n/g, '\r\n') },
  { name: 'BOM', change: (source) => `\xef\xbb\xbf${source}` },
  { name: 'tabs', change: (source) => source.replace(/^ +/gm, (spaces) => '\t'.repeat(spaces.length)) },
  { name: 'indented', change: (source) => source.replace(/^(?=.)/gm, '      ') },
  { name: 'trailing blanks', change: (source) => source.replace(/([;{\]])$/gm, '$1 \t') },
  { name: 'no line feed at the end', change: (source) => source.trimEnd() },
  { name: 'other people', change: renamed },
]

/** One way to write a file anew, or several, one after another. */
export const someLayout: fc.Arbitrary<Layout> = fc
  .array(fc.oneof(fc.constantFrom(...WHOLE), remarks, siblings, without, wraps), {
    minLength: 1,
    maxLength: 4,
  })
  .map((layouts) => ({
    name: layouts.map(({ name }) => name).join('; then '),
    change: (source) => layouts.reduce((text, { change }) => change(text), source),
  }))

/** Users are called as they like. */
function renamed(source: string): string {
  const names = new Set(
    [...source.matchAll(/users\.(?:users|extraUsers)\.(\w+)/g)].map((match) => match[1] ?? ''),
  )
  names.delete('root')
  return [...names].reduce(
    (text, name) => text.replace(new RegExp(`(users\\.|extraUsers\\.)${name}\\b`, 'g'), `$1x${name}x`),
    source,
  )
}

function isBinding(line: string): boolean {
  return /^\s*[\w.]+ = (?:[\w.]+|"[^"$\\]*"|\.[\w./-]+);(?: #.*)?$/.test(line)
}

/** A block comment would be text there, and a line of it could be read as a secret. */
function inText(source: string, line: number): boolean {
  const before = source.split('\n').slice(0, line).join('\n')
  return (before.match(/''/g)?.length ?? 0) % 2 === 1 || /\/\*(?:(?!\*\/)[\s\S])*$/.test(before)
}
