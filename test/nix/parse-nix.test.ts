import { execFileSync } from 'node:child_process'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Expr } from '../../src/nix/ast.ts'
import { MAX_NIX_SIZE, parseNix } from '../../src/nix/parse-nix.ts'
import { CONSTRUCTS, TEXTS } from './nix-snippets.ts'
import { printNix } from './print-nix.ts'

const test = suite('parse nix')

for (const [source, printed] of CONSTRUCTS)
  test(`reads ${JSON.stringify(source)}`, () => {
    const file = parseNix(source)
    assert.equal(file.errors, [])
    assert.is(printNix(file.root), printed)
  })

for (const [source, text] of TEXTS)
  test(`decodes ${JSON.stringify(source)}`, () => {
    const { root, errors } = parseNix(source)
    assert.equal(errors, [])
    assert.is(root.kind, 'string')
    assert.equal(root.kind === 'string' ? root.parts.join('') : null, text)
  })

test('strips indentation across interpolations', () => {
  const { root } = parseNix("''\n    a ${b}\n      ${c}\n    d''${e}\n  ''")
  const parts = root.kind === 'string' ? root.parts.map((part) => (typeof part === 'string' ? part : 0)) : []
  assert.equal(parts, ['a ', 0, '\n  ', 0, '\nd${e}\n'])
})

test('gives the offsets of what stands in the text', () => {
  const source = '{ a.b = f "c" ; }'
  const { root } = parseNix(source)
  if (root.kind !== 'attrs') return assert.unreachable()
  const [binding] = root.bindings
  if (binding?.kind !== 'attr') return assert.unreachable()
  const written = ({ from, to }: { from: number; to: number }) => source.slice(from, to)
  assert.is(written(root), source)
  assert.is(written(binding), 'a.b = f "c" ;')
  assert.equal(binding.path.map(written), ['a', 'b'])
  assert.is(written(binding.value), 'f "c"')
})

const BROKEN: [string, string][] = [
  ['{ a = ; b = 1; }', '{ a = <>; b = 1; }'],
  ['{ a = 1 b = 2; c = 3; }', '{ a = ((1 b) 2); c = 3; }'],
  ['{ a = [ 1 2 ; b = 3; }', '{ a = [1 2]; b = 3; }'],
  ['{ a = (; b = 3; }', '{ a = <>; b = 3; }'],
  ['{ a = "x" $ "y"; b = 3; }', '{ a = ("x" "y"); b = 3; }'],
  ['{ a = { x = 1; b = 3;', '{ a = { x = 1; b = 3; }; }'],
  ['a b )', '(a b)'],
  ['', '<>'],
]

for (const [source, printed] of BROKEN)
  test(`recovers from ${JSON.stringify(source)}`, () => {
    const file = parseNix(source)
    assert.ok(file.errors.length > 0)
    assert.is(printNix(file.root), printed)
  })

/** How deep expressions are nested, without recursion. */
function depthOf(root: Expr): number {
  let deepest = 0
  const left: [unknown, number][] = [[root, 0]]
  for (let item = left.pop(); item !== undefined; item = left.pop()) {
    const [value, depth] = item
    deepest = Math.max(deepest, depth)
    if (typeof value !== 'object' || value === null) continue
    for (const inner of Object.values(value)) left.push([inner, depth + (Array.isArray(value) ? 0 : 1)])
  }
  return deepest
}

const NESTS: [string, string][] = [
  ['(', ')'],
  ['[', ']'],
  ['{ a = ', '; }'],
  ['"${', '}"'],
  ['x: ', ''],
  ['a -> ', ''],
  ['!', ''],
  ['- ', ''],
  ['f (', ')'],
  ['if ', ' then b else c'],
  ['let a = 1; in ', ''],
]

for (const [open, close] of NESTS)
  test(`bounds the depth of ${open}`, () => {
    const nested = (levels: number) => parseNix(`${open.repeat(levels)}a${close.repeat(levels)}`)
    assert.equal([nested(100).errors, nested(100).cut], [[], undefined])
    if (open === '(') return
    for (const levels of [700, 20_000]) {
      const { root, errors, cut } = nested(levels)
      assert.ok(errors.length > 0)
      assert.is.not(cut, undefined)
      assert.ok(depthOf(root) < 1000)
    }
  })

test('bounds the depth of long chains', () => {
  for (const op of ['+', '&&', '++', '//', '']) {
    const { root, cut } = parseNix(`${`aaaaaaaaaa ${op} `.repeat(3000)}b`)
    assert.is(cut, 'depth')
    assert.ok(depthOf(root) < 1000)
  }
})

test('takes long lists, sets, strings and paths whole', () => {
  const many = (text: string) => text.repeat(20_000)
  for (const source of [
    `[${many('a ')}]`,
    `{${many('a = b;')}}`,
    `"${many('${a}b')}"`,
    `{ a${many('.a')} = b; }`,
  ])
    assert.equal([parseNix(source).errors, parseNix(source).cut], [[], undefined])
})

test('says that it did not read what is too large', () => {
  assert.is(parseNix(`"${'a'.repeat(MAX_NIX_SIZE)}"`).cut, 'size')
})

test('has tables made of the grammar as it is', () => {
  execFileSync(process.execPath, ['nix-grammar.mjs', '--check'], { stdio: 'pipe' })
})

test.run()
