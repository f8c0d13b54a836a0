import fc from 'fast-check'
import { anyBytes, mutated } from './fuzz-cases.ts'

/** Directories that have a `.gitattributes` now and then; latin1 for bytes. */
export const DIRS = ['', 'secrets/', 'secrets/sub/', 'we ird/', '.d/', '\xc3\xbc/x/']
const NAMES = [
  'a',
  'b.key',
  'x.pub',
  'A',
  ' lead',
  'trail ',
  'two words',
  'q"uote',
  'back\\slash',
  'st*r',
  '[x]',
  '!neg',
  '#hash',
  'tab\there',
  'nl\nx',
  '\xff\xfe',
  '\xc3\xa9',
  '-dash',
  '.dot',
]

/** Every path that is asked about. */
export const PATHS = DIRS.flatMap((dir) => NAMES.map((name) => `${dir}${name}`))

/** A `.gitattributes` of a tree. */
export interface SomeAttributes {
  readonly mode: '100644' | '100755' | '120000'
  /** Bytes as latin1. */
  readonly text: string
}

/** By directory. */
export type SomeTree = ReadonlyMap<string, SomeAttributes>

const ours = [
  'filter=nixsecret',
  'filter=nixsecret',
  'filter=nixsecret',
  'filter=nixsecret-sealed',
  'nsx',
  'ns2',
]
const others = [
  ...[
    'filter=other',
    'filter',
    '-filter',
    '!filter',
    '-nsx',
    '!nsx',
    'filter=nixsecret=',
    'filter=nixsecret2',
  ],
  ...['FILTER=nixsecret', 'diff=nixsecret', 'text', '-filter=nixsecret', '!filter=nixsecret', 'filter='],
  ...[
    'filter="nixsecret"',
    'filter=Nixsecret',
    'filter=nixsecret\xa0',
    'binary',
    '=',
    '#',
    'filter=nixsecret#',
  ],
]
const attribute = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...ours) },
  { weight: 2, arbitrary: fc.constantFrom(...others) },
)

const wildcard = fc.constantFrom(
  ...['*', '**', '/**', '**/a', 'secrets/**', '/secrets/**', 'secrets/*', 'secrets/', 's*/**/*.key', '*.key'],
  ...[
    '!*',
    '!secrets/**',
    '\\!neg',
    '\\#hash',
    '#hash',
    '[a-c]*',
    '[!a]',
    '[^a]',
    '[[:alpha:]]',
    '[a',
    '?',
    '/a',
  ],
  ...[
    '**/sub/**',
    'sub/**',
    '/sub/b.key',
    '"two words"',
    '"tab\\there"',
    '"nl\\nx"',
    '"\\377\\376"',
    '"a',
    'a"',
  ],
  ...[
    'we?ird/**',
    '"we ird/**"',
    '"we ird/"**',
    '.d',
    '.d/**',
    '.*',
    '\\a',
    'st\\*r',
    '\\[x\\]',
    'a**',
    '***',
  ],
)
/** One of the paths, with a part of it made a wildcard, and written as one has to. */
const fromPath = fc
  .tuple(
    fc.constantFrom(...PATHS),
    fc.nat(30),
    fc.nat(6),
    fc.constantFrom('*', '?', '**', '[!/]', '\\', ''),
    fc.boolean(),
  )
  .map(([path, at, cut, what, anchored]) => {
    const text = path.slice(0, at) + what + path.slice(at + cut)
    return `${anchored ? '/' : ''}${/[\s"\\]/.test(text) ? quoted(text) : text}`
  })

function quoted(text: string): string {
  return `"${text.replace(/["\\\n\t]/g, (char) => ({ '\n': '\\n', '\t': '\\t' })[char] ?? `\\${char}`)}"`
}

const blank = fc.constantFrom(' ', ' ', ' ', '\t', '  ', ' \t ', '\v', '\xa0')
const rule = fc
  .tuple(
    fc.constantFrom('', '', '', ' ', '\t', '\xef\xbb\xbf'),
    fc.oneof(wildcard, fc.constantFrom('*', 'secrets/**', '[!.]*', '*r*'), fromPath),
    blank,
    fc.array(attribute, { minLength: 1, maxLength: 3 }),
    fc.constantFrom('', '', '', ' ', '\t', '\r', ' # no comment', '\0', '\0 x'),
  )
  .map(([lead, pattern, gap, attributes, end]) => `${lead}${pattern}${gap}${attributes.join(gap)}${end}`)
const macro = fc
  .tuple(
    fc.constantFrom('', '', '', ' '),
    fc.constantFrom('nsx', 'nsx', 'ns2', 'filter', 'binary', '-nsx', 'n/x', ''),
    fc.constantFrom(
      'filter=nixsecret',
      'filter=nixsecret -diff',
      'nsx',
      '-filter',
      '!filter',
      'filter=other',
    ),
  )
  .map(([lead, name, attributes]) => `${lead}[attr]${name} ${attributes}`)
const long = fc
  .tuple(fc.integer({ min: 1980, max: 2060 }), fc.boolean(), fc.constantFrom('', '#', '*'))
  .map(([size, behind, start]) =>
    behind ? `${start} filter=nixsecret ${'x'.repeat(size)}` : `${start}${'x'.repeat(size)} filter=nixsecret`,
  )
const noise = fc.oneof(
  fc.constantFrom('', '# a comment', '#* filter=nixsecret', '\0', '# \0', '*', 'a', '"', '\xef\xbb\xbf'),
  anyBytes(30),
  long,
)

const line = fc.oneof(
  { weight: 8, arbitrary: rule },
  { weight: 2, arbitrary: macro },
  { weight: 2, arbitrary: noise },
)
const text = fc
  .tuple(
    fc.constantFrom('', '', '', '', '\xef\xbb\xbf', '[attr]nsx filter=nixsecret\n'),
    fc.array(line, { minLength: 1, maxLength: 7 }),
    fc.constantFrom('\n', '\n', '\n', '\r\n', '\n\n', '\r'),
    fc.constantFrom('', '\n'),
  )
  .map(([start, lines, end, last]) => `${start}${lines.join(end)}${last}`)
const pieces = [
  '\n',
  ' ',
  '\0',
  '\xef\xbb\xbf',
  '"',
  '\\',
  '!',
  '* filter=nixsecret\n',
  '\nsecrets/** -filter\n',
]
const file = fc.record({
  mode: fc.constantFrom('100644', '100644', '100644', '100644', '100755', '120000'),
  text: fc.oneof(text, mutated(text, pieces)),
}) as fc.Arbitrary<SomeAttributes>

/** A tree's `.gitattributes` files: at the top as a rule, and in some directories. */
export const someTree: fc.Arbitrary<SomeTree> = fc
  .tuple(file, fc.array(fc.option(file, { freq: 1 }), { minLength: 5, maxLength: 5 }), fc.nat(9))
  .map(([top, below, without]) => {
    const tree = new Map<string, SomeAttributes>()
    if (without > 0) tree.set('', top)
    for (const [i, one] of below.entries()) if (one !== null) tree.set(DIRS[i + 1] as string, one)
    return tree
  })
