import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { stringify } from 'yaml'
import { textPath } from '../../src/byte-path.ts'
import { NixsecretError } from '../../src/errors.ts'
import { decryptSops } from '../../src/sops/decrypt-sops.ts'
import { encryptSops } from '../../src/sops/encrypt-sops.ts'
import { isSopsDocument } from '../../src/sops/look/sops-document.ts'
import type { SopsKind } from '../../src/sops/sops-kind.ts'

const dataKey = randomBytes(32)
const options = {
  dataKey,
  age: [{ recipient: 'age1somebody', enc: '-----BEGIN\nnot looked at\n' }],
  lastModified: new Date('2030-01-02T03:04:05Z'),
}
const seal = (text: string, kind: SopsKind, previous: Uint8Array[] = []) =>
  encryptSops(Buffer.from(text), kind, { ...options, previous: previous.map((document) => ({ document })) })
const open = (document: Uint8Array, kind: SopsKind) =>
  Buffer.from(decryptSops(document, kind, dataKey)).toString()

/** What comes back is a fixed point; with `same`, it is what went in. */
function roundTrip(text: string, kind: SopsKind, same: boolean): void {
  const document = seal(text, kind)
  const path = textPath(`x.${kind === 'dotenv' ? 'env' : kind}`)
  // Who looks without a key, and without a parser of YAML, knows it; with nothing encrypted in it, it is none for him.
  if (Buffer.from(document).toString().match(/ENC\[/g)?.length !== 1)
    assert.ok(isSopsDocument(Buffer.from(document), path), text)
  assert.not.ok(isSopsDocument(Buffer.from(text), path))
  const plain = open(document, kind)
  if (same) assert.equal(plain, text)
  assert.equal(seal(plain, kind, [document]), document)
  assert.equal(open(seal(plain, kind), kind), plain)
  // Nobody who looks at the document sees a value.
  assert.not.match(Buffer.from(document).toString(), /needle/)
}

const KEEPS: readonly [SopsKind, string][] = [
  ['yaml', 'a: needle\n'],
  ['yaml', 'a: needle'],
  ['yaml', 'a: needle\n\n\n'],
  ['yaml', '# needle\n\na: needle   # needle\n\n  # needle\nb:   needle\n#needle'],
  ['yaml', 'a: "needle"\nb: \'needle\'\nc: "1"\nd: \'it\'\'s a needle\'\ne: "needle\\ttwo"\n'],
  [
    'yaml',
    'a: 1\nb: 1.50\nc: +5\nd: 1e3\ne: true\nf: FALSE\ng: null\nh: ~\ni:\nj: ""\nk: 08\nl: .5\nm: -0\n',
  ],
  ['yaml', 'a: 9007199254740993\nb: 2020-01-02T03:04:05Z\nc: .inf\nd: .nan\ne: -.inf\n'],
  [
    'yaml',
    'a:\n  b:\n    - needle\n    - c: needle\n      d: needle\n    -\n      - needle\n  e: needle\nf:\n- needle\n',
  ],
  ['yaml', 'a: |\n  needle\n    more\n\n  end\nb: |-\n  needle\n  x\nc: |+\n  needle\n\nd: needle\n'],
  ['yaml', 'a:\n    b: |\n        needle\n        two\n'],
  ['yaml', 'a: |\n  needle\n\n\nb: x\n'],
  ['yaml', 'a: [needle, "needle", 1, true, null, {b: needle, "c d": [x]}]\nb: {}\nc: []\n'],
  ['yaml', '---\na: needle\n---\nb: needle\n'],
  ['yaml', '---\n# needle\na: needle\n---\n---\nb: needle'],
  ['yaml', 'a: needle\r\nb: |\r\n  needle\r\n  two\r\n# needle\r\nc:\r\n  - needle\r\n'],
  [
    'yaml',
    '"a b": needle\n\'c\': needle\n"1": needle\nd:e: needle\n? : needle\n'.replace('? : needle\n', ''),
  ],
  ['yaml', 'url: http://needle:80/#x\nb: -needle\nc: needle:x\nd: a,b]\ne: ünïcode needle 🔑\n'],
  ['yaml', 'plain_unencrypted: 1\nnested_unencrypted:\n  # note\n  - [x, "y"]\nz: needle\n'],
  ['json', '{"a":"needle"}'],
  ['json', '{\n  "a": "needle",\n  "b": [1, 1.50, -0, 1e3, 12345678901234567890, true, null, "", {}]\n}\n'],
  ['json', '{ }\n'.replace(' ', '')],
  ['json', '\n{\t"a" : {"b": [["needle\\n"], {"c": "needle 🔑"}]} }  \n'],
  ['json', '{\r\n\t"a": "needle"\r\n}\r\n'],
  ['dotenv', 'A=needle\n#needle\n\nB = needle "x" # needle\nC=\nD=needle\\ntwo=three\nA=needle'],
  ['dotenv', 'A=needle\r\n#needle\r\nB=needle'],
  [
    'ini',
    'top = needle\n; needle\n[a]\nb = needle\nc=needle\nd : needle\n\n# needle\n# two needle\n[ e ]\n  f = needle',
  ],
  [
    'ini',
    '[a]\nb = `needle # x`\nc = """needle\ntwo"""\nd = "needle"\ne = \'needle\'\nf =\ng = "" \n; needle\n',
  ],
  ['ini', '[a]\r\nb = needle\r\n\r\n; needle\r\n; needle\r\nc = needle\r\n'],
]
for (const [kind, text] of KEEPS)
  test(`${kind} comes back as it was: ${JSON.stringify(text).slice(0, 60)}`, () =>
    roundTrip(text, kind, true))

const CHANGES: readonly [string, string][] = [
  ['a: yes\nb: 1:20\n', 'a: "yes"\nb: "1:20"\n'],
  ['a: 0x1F\nb: 1_000\nc: True\nd: 2020-1-2\n', 'a: 31\nb: 1000\nc: true\nd: 2020-01-02T00:00:00Z\n'],
  ['a: >-\n  folded\n  text\nb: x\n  y\n', 'a: folded text\nb: x y\n'],
  ['a: |\n     five\n     columns\n', 'a: |\n  five\n  columns\n'],
  ['a: "\\x41\\u0042"\n', 'a: "AB"\n'],
  ["a: ['x', z]\n", 'a: [x, z]\n'],
]
for (const [from, to] of CHANGES)
  test(`YAML comes back as the same values: ${JSON.stringify(from)}`, () => {
    roundTrip(from, 'yaml', false)
    assert.equal(open(seal(from, 'yaml'), 'yaml'), to)
  })

const REFUSED: readonly [SopsKind, string, RegExp][] = [
  ['yaml', 'a: &x needle\n', /^line 1: .*anchor/],
  ['yaml', 'a: b\nc: *x\n', /^line 2: (invalid YAML|.*alias)/],
  ['yaml', 'a: !!str needle\n', /^line 1: .*tag/],
  ['yaml', 'a: x\n<<: {b: needle}\n', /^line 2: .*no text/],
  ['yaml', '1: needle\n', /^line 1: .*quotes/],
  ['yaml', 'a: needle\na: x\n', /^line 2: .*twice/],
  ['yaml', '? a\n: needle\n', /^line 1: /],
  ['yaml', '- needle\n', /^line 1: .*map/],
  ['yaml', 'needle\n', /^line 1: .*map/],
  ['yaml', '{a: needle}\n', /^line 1: .*map/],
  ['yaml', 'a: needle\nsops: x\n', /^line 2: .*sops/],
  ['yaml', 'a: 0755\n', /^line 1: .*octal/],
  ['yaml', 'a: 18446744073709551615\n', /^line 1: .*large/],
  ['yaml', 'a: [needle,\n  x]\n', /^line 1: .*one line/],
  ['yaml', '# needle\n---\na: x\n', /^line 1: .*before the first/],
  ['yaml', '--- # needle\na: x\n', /^line 1: /],
  ['yaml', 'a: | # needle\n  x\n', /^line 1: .*comment/],
  ['yaml', 'a: needle\n...\n', /^line 2: /],
  ['yaml', '%YAML 1.1\n---\na: needle\n', /^line 1: /],
  ['yaml', 'a: "needle\n', /^line [12]: invalid YAML/],
  ['yaml', 'a: b\n   c: needle\n', /^line [12]: invalid YAML/],
  ['yaml', 'a: ENC[AES256_GCM,data:x,iv:x,tag:x,type:str]\n', /^line 1: .*encrypted already/],
  ['yaml', `${'a: {'.repeat(5000)}`, /deep|invalid/],
  ['json', '["needle"]', /object/],
  ['json', '{"a": "needle", "a": 1}', /twice/],
  ['json', '{"a": "needle"', /invalid JSON/],
  ['json', '{"a": "\\ud800"}', /half/],
  ['json', '{"a": 1e400}', /can not hold/],
  ['json', '{"sops": "needle"}', /sops/],
  ['json', '{"a": 01}', /invalid JSON/],
  ['dotenv', 'A=1\nneedle\n', /^line 2: /],
  ['dotenv', 'sops_x=needle\n', /^line 1: .*sops_/],
  ['ini', '[a]\nb = needle # x\n', /^line 2: .*backquotes/],
  ['ini', '[a]\nb = needle \\\n x\n', /^line 2: .*goes on/],
  ['ini', '[a]\nb = needle\nb = x\n', /^line 3: .*twice/],
  ['ini', '[a] ; needle\nb = x\n', /^line 1: /],
  ['ini', '[a]\nneedle\n', /^line 2: /],
  ['ini', '[sops]\nneedle = 1\n', /sops/],
]
for (const [kind, text, message] of REFUSED)
  test(`${kind} is refused, with the line and no value: ${JSON.stringify(text).slice(0, 50)}`, () => {
    try {
      seal(text, kind)
    } catch (error) {
      assert.ok(error instanceof NixsecretError, String(error))
      assert.match(error.message, message)
      assert.not.match(error.message, /needle/)
      return
    }
    assert.unreachable()
  })

const texts = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.string({
    unit: fc.constantFrom(
      'a',
      ' ',
      '\n',
      '\t',
      '#',
      ':',
      '-',
      '"',
      "'",
      '`',
      '\\',
      '|',
      '1',
      '.',
      '[',
      '{',
      ';',
      '=',
      '\r',
    ),
  }),
  fc.constantFrom(
    'yes',
    'null',
    '~',
    '1',
    '0x1',
    '1e3',
    '2020-01-01',
    'true',
    '.inf',
    '',
    ' ',
    '<<',
    '=',
    '---',
    '-',
    '?',
  ),
)
const names = fc.string({ minLength: 1, unit: fc.constantFrom('a', 'B', '_', '1', '-', ' ', ':', 'ü') })

test('any values come back from YAML and JSON, and change nothing where nothing changed', () => {
  const leaf = fc.oneof(
    texts,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
  )
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(names, tie('tree'), { maxKeys: 4 }),
    ),
  }))
  const root = fc.dictionary(names, tree, { maxKeys: 5, minKeys: 1, noNullPrototype: true })
  fc.assert(
    fc.property(
      root,
      fc.constantFrom('yaml', 'json') as fc.Arbitrary<SopsKind>,
      fc.nat(4),
      (value, kind, indent) => {
        const json = JSON.stringify(value, null, indent)
        const text =
          kind === 'json' ? json : stringify(JSON.parse(json), { indent: 2 + (indent % 3), version: '1.1' })
        let document: Uint8Array
        try {
          document = seal(text, kind)
        } catch (error) {
          // Characters that YAML can't have as they are, and numbers that are none for SOPS.
          if (error instanceof NixsecretError && kind === 'yaml' && error.code === 'refused') return
          throw error
        }
        const plain = open(document, kind)
        if (kind === 'json') assert.equal(JSON.parse(plain), JSON.parse(json))
        assert.equal(seal(plain, kind, [document]), document)
        assert.equal(open(seal(plain, kind), kind), plain)
      },
    ),
    { numRuns: 100 },
  )
})

test('any values come back from dotenv and INI', () => {
  const line = fc.tuple(fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9_.-]{0,8} ?$/), texts)
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
      const text = lines.map(([name, value]) => `${name}=${value.replaceAll('\n', ' ')}\n`).join('')
      // What may go over several lines is refused.
      const isQuoted = lines.some(([, value]) => /^\s*["']/.test(value))
      try {
        assert.equal(open(seal(text, 'dotenv'), 'dotenv'), text)
      } catch (error) {
        if (!(error instanceof NixsecretError) || !isQuoted) throw error
      }
      try {
        roundTrip(`[x]\n${text}`, 'ini', true)
      } catch (error) {
        if (!(error instanceof NixsecretError)) throw error
      }
    }),
    { numRuns: 100 },
  )
})

test('any bytes come back from a binary document', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const document = encryptSops(bytes, 'binary', options)
      assert.equal(Buffer.from(decryptSops(document, 'binary', dataKey)), Buffer.from(bytes))
      assert.equal(encryptSops(bytes, 'binary', { ...options, previous: [{ document }] }), document)
    }),
  )
})

test('a value that changes changes its line alone, whichever it is', () => {
  const value = fc.stringMatching(/^[a-z"' ]{1,8}$/)
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 6 }), fc.nat(5), (values, at) => {
      const text = (list: readonly string[]) =>
        list.map((one, i) => `k${i}: ${JSON.stringify(one)}\nl${i}:\n  - ${i}\n`).join('')
      const document = seal(text(values), 'yaml')
      const index = at % values.length
      const edited = seal(text(values.with(index, 'something else')), 'yaml', [document])
      const [before, after] = [document, edited].map((bytes) => Buffer.from(bytes).toString().split('\n'))
      const changed = (after as string[]).filter(
        (line, i) => line !== before?.[i] && !/^ +(mac|lastmodified):/.test(line),
      )
      assert.equal(changed.length, 1)
      assert.match(changed[0] ?? '', new RegExp(`^k${index}: `))
    }),
    { numRuns: 30 },
  )
})

test.run()
