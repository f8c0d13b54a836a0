import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type BytePath, pathBytes, textPath } from '../../src/byte-path.ts'
import { NixsecretError } from '../../src/errors.ts'
import { compilePattern } from '../../src/policy/match-path.ts'
import { cpuTime } from '../support/cpu-time.ts'

const dir = mkdtempSync(join(tmpdir(), 'match-path-'))
process.on('exit', () => rmSync(dir, { recursive: true, force: true }))
const env = { PATH: process.env.PATH, HOME: dir, GIT_CONFIG_NOSYSTEM: '1', GIT_ATTR_NOSYSTEM: '1' }
execFileSync('git', ['init', '-q', dir], { env })

/** A pattern as git's C-style quoting wants it in `.gitattributes`. */
function quoted(pattern: string): Buffer {
  let out = '"'
  for (const byte of Buffer.from(pattern, 'utf8')) {
    const char = String.fromCharCode(byte)
    if (char === '"' || char === '\\') out += `\\${char}`
    else if (byte < 0x20 || byte === 0x7f) out += `\\${byte.toString(8).padStart(3, '0')}`
    else out += char
  }
  return Buffer.from(`${out}"`, 'latin1')
}

/** What git says: for each pattern the paths that it names. One attribute a pattern, one git for all. */
function askGit(patterns: readonly string[], paths: readonly BytePath[], cached: boolean): Set<BytePath>[] {
  const lines = patterns.map((pattern, i) => Buffer.concat([quoted(pattern), Buffer.from(` p${i}\n`)]))
  writeFileSync(join(dir, '.gitattributes'), Buffer.concat(lines))
  if (cached) {
    execFileSync('git', ['add', '-f', '.gitattributes'], { cwd: dir, env })
    rmSync(join(dir, '.gitattributes'))
  }
  const names = patterns.map((_, i) => `p${i}`)
  const output = execFileSync(
    'git',
    ['check-attr', ...(cached ? ['--cached'] : []), '-z', '--stdin', ...names],
    {
      cwd: dir,
      env,
      input: Buffer.concat(paths.flatMap((path) => [pathBytes(path), Buffer.of(0)])),
      maxBuffer: 1 << 30,
    },
  )
  const found = patterns.map(() => new Set<BytePath>())
  const fields = output.toString('latin1').split('\0')
  for (let i = 0; i + 2 < fields.length; i += 3) {
    if (fields[i + 2] === 'set') found[Number(fields[i + 1]?.slice(1))]?.add(fields[i] as BytePath)
  }
  return found
}

let hits = 0

/** @returns the number of patterns that were accepted, each held against git on each path */
function compare(patterns: readonly string[], paths: readonly BytePath[], cached: boolean): number {
  const accepted = patterns.flatMap((pattern) => {
    try {
      return [{ pattern, matches: compilePattern(pattern) }]
    } catch (error) {
      assert.instance(error, NixsecretError)
      assert.is((error as NixsecretError).code, 'policy')
      return []
    }
  })
  if (accepted.length === 0) return 0
  const git = askGit(
    accepted.map(({ pattern }) => pattern),
    paths,
    cached,
  )
  for (const [i, { pattern, matches }] of accepted.entries()) {
    for (const path of paths) {
      const says = git[i]?.has(path)
      if (says) hits++
      if (matches(path) !== says) {
        const pair = `${JSON.stringify(pattern)} on ${JSON.stringify(path)}`
        assert.unreachable(`${pair}: git says ${says}, we ${!says}`)
      }
    }
  }
  return accepted.length
}

const ODD_PATHS = [
  'secrets/web/db',
  'secrets/.env',
  '.env',
  '.a/.b/.c',
  'a',
  'b',
  'a/b',
  'a/b/c',
  'a/x/b',
  'a/x/y/b',
  'ab/c',
  'a.key',
  'a/b.key',
  'line\nbreak',
  'a/line\nbreak/b',
  '\n',
  'ls\u2028ps/a.key',
  'a\u2028',
  '-dash',
  '-/--x',
  'with space/a b',
  ' lead',
  'q"uote/\'a',
  'back\\slash/a',
  '{a,b}',
  'a[b]',
  '[a]/x',
  '!bang',
  '#hash',
  '@(a)',
  'ä/ö.key',
  '日本/語',
  'a+b$^.()|',
  '*',
  '**',
  'a*b',
  '?',
  'tab\there',
  '丁b',
  '~',
  'a-b',
  'A',
  'Z/z',
  '0/9',
].map(textPath)
ODD_PATHS.push('raw\xff\xfe/\x80' as BytePath, '\xe4' as BytePath, 'a/\xc3' as BytePath)

const ODD_PATTERNS = [
  ...[
    '*',
    '**',
    '***',
    '/*',
    '/**',
    '/***',
    '**/*',
    '**/**',
    '/**/**',
    '*/*',
    '*/**',
    '**/a',
    '**/b',
    'a/**',
  ],
  ...[
    'a/**/b',
    'a/***/b',
    '/a/**/**/b',
    '**/a/**',
    '**/a/**/b/**',
    '/a',
    'a',
    '/a/b',
    'a/b',
    'a*',
    '/a*',
    'a**',
  ],
  ...[
    '*.key',
    '/*.key',
    '**/*.key',
    '*key',
    '*.k*y',
    '.*',
    '/.*',
    '**/.*',
    '?',
    '??',
    '/?',
    '?/?',
    '*/?.key',
  ],
  ...[
    '[ab]',
    '[!ab]',
    '[^ab]',
    '[a-z]*',
    '[]a]',
    '[!]a]',
    '[a-]',
    '[-a]',
    '[[:alpha:]]',
    '[[:digit:]x-z]',
    '[[a]',
  ],
  ...[
    'a\\[b\\]',
    '\\*',
    '\\?',
    '\\!bang',
    '\\#hash',
    '#hash',
    '\\{a,b\\}',
    'back\\\\*/a',
    'b[\\\\a]*',
    '[\\]a]',
  ],
  ...[
    'ä/*',
    'ä/?.key',
    'ä/??.key',
    '日*/*',
    'line?break',
    'line\nbreak',
    'a/line*/b',
    '*\u2028*',
    'with space/*',
  ],
  ...[
    '-*',
    '-/**',
    '*"*/*',
    "q*'a",
    'a+b$^.()|',
    '/secrets/**',
    'secrets/*',
    'secrets',
    '/secrets/web/**',
    '\\a',
  ],
  ...[
    'a/[!b]',
    'a[!x]b',
    '/a?b',
    '*a*',
    '*a*b*',
    '**a',
    'a**b',
    '**b**',
    'a/b**c',
    '/[!a]*/**',
    '?\\?',
    '~',
    '@a',
  ],
]

test('every pattern of a list means what git makes of it', () => {
  for (const cached of [false, true]) {
    const accepted = compare(ODD_PATTERNS, ODD_PATHS, cached)
    assert.ok(accepted > 90, `only ${accepted} accepted`)
  }
})

test('property: an accepted pattern names the paths that git check-attr names', () => {
  const byte = fc.integer({ min: 1, max: 255 }).filter((b) => b !== 0x2f)
  const pathChar = fc.oneof(
    { arbitrary: fc.constantFrom('a', 'b', 'c'), weight: 8 },
    {
      arbitrary: fc.constantFrom('.', '-', '*', '[', ']', '\\', '!', '{', '"', ' ', '\n', '\xc3', '\xa4'),
      weight: 3,
    },
    { arbitrary: byte.map((b) => String.fromCharCode(b)), weight: 1 },
  )
  const pathPart = fc
    .array(pathChar, { minLength: 1, maxLength: 4 })
    .map((chars) => chars.join(''))
    .filter((part) => part !== '.' && part !== '..')
  // "./x" and the like are not paths in git; a first quote is, though `-z` reads it as it is.
  const path = fc.array(pathPart, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/') as BytePath)
  const piece = fc.oneof(
    { arbitrary: fc.constantFrom('a', 'b', 'c'), weight: 8 },
    { arbitrary: fc.constantFrom('*', '*', '?', '**'), weight: 6 },
    { arbitrary: fc.constantFrom('/', '/', '/**/', '**/', '/**'), weight: 5 },
    {
      arbitrary: fc.constantFrom(
        '[ab]',
        '[!a]',
        '[^b-c]',
        '[a-b',
        '[]',
        '[.-]',
        '[[:alpha:]]',
        '[\\]]',
        '[!-~]',
      ),
      weight: 2,
    },
    {
      arbitrary: fc.constantFrom('\\', '\\*', '\\\\', '.', '-', '!', '{', '}', '(', ')', '+', '@', '"'),
      weight: 2,
    },
    { arbitrary: fc.constantFrom('ä', '\u2028', '\n', ' ', '丁', '😀', '#', '$', '^', '|'), weight: 1 },
  )
  const pattern = fc.array(piece, { minLength: 1, maxLength: 7 }).map((pieces) => pieces.join(''))
  let accepted = 0
  hits = 0
  fc.assert(
    fc.property(
      fc.array(pattern, { minLength: 60, maxLength: 60, size: 'max' }),
      fc.array(path, { minLength: 100, maxLength: 100, size: 'max' }),
      fc.boolean(),
      (patterns, paths, cached) => {
        accepted += compare(patterns, [...new Set(paths)], cached)
      },
    ),
    { numRuns: Number(process.env.NIXSECRET_TEST_RUNS ?? 200), endOnFailure: true },
  )
  assert.ok(accepted > 2000, `only ${accepted} patterns were accepted`)
  assert.ok(hits > 10000, `only ${hits} pairs matched`)
  if (process.env.NIXSECRET_TEST_RUNS) process.stdout.write(`${accepted} patterns, ${hits} hits\n`)
})

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['', /empty/],
  ['!a', /cannot exclude; put a rule with its own "to" before this one$/],
  ['a/', /"a\/": a "\/" at the end never matches a file; write "a\/\*\*"$/],
  ['/', /write "\/\*\*" for every file/],
  ['a//b', /two slashes/],
  ['./a', /"\." never matches/],
  ['a/../b', /"\.\." never matches/],
  ['{a,b}', /does not expand braces; write one pattern for each case/],
  ['a}', /braces/],
  ['!(a)', /cannot exclude/],
  ['x!(a)', /"!\(…\)" is not known to git/],
  ['@(a|b)', /"@\(…\)"/],
  ['*(a)', /"\*\(…\)"/],
  ['+(a)', /"\+\(…\)"/],
  ['?(a)', /"\?\(…\)"/],
  ['/a**', /whole part between slashes/],
  ['a**/b', /whole part between slashes/],
  ['a\\', /backslash/],
  ['a\\/b', /backslash/],
  ['[a', /not closed/],
  ['[a/b]', /not closed/],
  ['[', /not closed/],
  ['[]', /not closed/],
  ['[b-a]', /backwards/],
  ['[ä]', /only ASCII/],
  ['[[:foo:]]', /"\[:foo:\]" is not supported/],
  ['[[:alpha]', /not closed/],
  ['[attr]x', /reads "\[attr\]"/],
  [' a', /space/],
  ['a ', /space/],
  ['a\0b', /NUL/],
  ['\ud800', /half a character/],
  ['a'.repeat(1025), /longer than 1024 bytes/],
]

for (const [pattern, reason] of REFUSED) {
  test(`refuses ${JSON.stringify(pattern.slice(0, 20))} and says why`, () => {
    assert.throws(
      () => compilePattern(pattern),
      (error: unknown) =>
        error instanceof NixsecretError &&
        error.code === 'policy' &&
        error.message.startsWith('pattern "') &&
        reason.test(error.message),
    )
  })
}

test('accepts a name that ends in à, whose last byte is a no-break space in latin1', () => {
  assert.ok(compilePattern('secrets/à')(textPath('secrets/à')))
})

test('hostile patterns and paths take no time', () => {
  const long = `${'a'.repeat(4000)}/`.repeat(4)
  const start = cpuTime()
  for (const pattern of [
    `/${'*a'.repeat(300)}*b`,
    `${'**/*a/'.repeat(150)}x`,
    `${'**/'.repeat(300)}x`,
    `${'*'.repeat(1000)}b`,
    `**/${'a/**/'.repeat(150)}b`,
    `/**/${'?*'.repeat(400)}b`,
  ]) {
    compilePattern(pattern)(textPath(long + 'a'.repeat(4000)))
    compilePattern(pattern)(textPath('a/'.repeat(8000)))
  }
  assert.ok(cpuTime() - start < 3000, 'longer than 3 s')
})

test.run()
