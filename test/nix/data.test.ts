import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Evaluator } from '../../src/nix/data/evaluate.ts'
import type { PlainValue } from '../../src/nix/data/plain-value.ts'
import { has } from '../support/needs.ts'
import { NixPlace, nixPrograms } from '../support/nix.ts'
import { Sandbox } from '../support/sandbox.ts'

const test = suite('Nix as plain data')

/** Expressions that people write, and what they are; the same is asked of every Nix at hand. */
const EXPRESSIONS: readonly (readonly [string, unknown])[] = [
  ['"text"', 'text'],
  ['"a\\n\\"b\\" ${"c"} $${d} ü"', 'a\n"b" c $${d} ü'],
  ["''\n  one\n    two ''${x}\n''", 'one\n  two ${x}\n'],
  ['12', 12],
  ['[ true false null ]', [true, false, null]],
  ['let a = "x"; b = [ a ]; in b ++ [ "y" ]', ['x', 'y']],
  ['let b = a; a = "late"; in b', 'late'],
  ['rec { a = "x"; b = "${a}y"; }', { a: 'x', b: 'xy' }],
  ['let a = 1; in { a = 2; b = a; }', { a: 2, b: 1 }],
  ['{ a.b.c = 1; a.b.d = 2; a.e = 3; }', { a: { b: { c: 1, d: 2 }, e: 3 } }],
  ['{ a = { b = 1; }; a.c = 2; }', { a: { b: 1, c: 2 } }],
  ['{ "x.age".publicKeys = [ "k" ]; "${"y"}.age" = { }; }', { 'x.age': { publicKeys: ['k'] }, 'y.age': {} }],
  ['let s = { a = 1; b = 2; }; in { inherit (s) a; c = s.b; }', { a: 1, c: 2 }],
  ['let a = 1; b = 2; in { inherit a b; }', { a: 1, b: 2 }],
  ['let s = { inherit (t) a; }; t = { a = 5; }; in s', { a: 5 }],
  ['with { a = 1; b = 2; }; [ a b ]', [1, 2]],
  ['let a = 1; in with { a = 2; b = 3; }; [ a b ]', [1, 3]],
  ['with { a = 1; }; with { a = 2; }; a', 2],
  ['builtins.attrValues { b = 2; a = 1; }', [1, 2]],
  ['builtins.attrNames { b = 2; a = 1; B = 3; }', ['B', 'a', 'b']],
  ['builtins.concatLists [ [ 1 ] [ ] [ 2 3 ] ]', [1, 2, 3]],
  ['builtins.concatMap (x: [ x x ]) [ 1 2 ]', [1, 1, 2, 2]],
  ['map (x: x + "!") [ "a" ]', ['a!']],
  ['builtins.filter (x: x != "b") [ "a" "b" ]', ['a']],
  ['builtins.head [ 7 8 ]', 7],
  ['builtins.mapAttrs (n: v: n + v) { a = "1"; }', { a: 'a1' }],
  ['builtins.listToAttrs [ { name = "a"; value = 1; } { name = "a"; value = 2; } ]', { a: 1 }],
  ['{ a = 1; b = 1; } // { b = 2; }', { a: 1, b: 2 }],
  ['{ a.b = 1; }.a.c or 9', 9],
  ['({ a, b ? a + "x", ... }: b) { a = "1"; c = 2; }', '1x'],
  ['(args@{ a }: args) { a = 1; }', { a: 1 }],
  ['if { a = 1; } ? a && !({ } ? b.c) then "yes" else "no"', 'yes'],
  ['assert "a" == "a" || false; 1', 1],
  ['let x = { y = throw "never needed"; z = 1; }; in x.z', 1],
  ['http://example.org/x', 'http://example.org/x'],
]

function evaluator(files: Readonly<Record<string, string>>): Evaluator {
  return new Evaluator({
    read: (file) => (files[file] === undefined ? null : Buffer.from(files[file]).toString('latin1')),
    resolve: (literal, from) => `${from.replace(/[^/]*$/, '')}${literal.replace(/^\.\//, '')}`,
  })
}

function json(value: PlainValue): unknown {
  switch (value.kind) {
    case 'string':
      return value.text
    case 'number':
    case 'bool':
      return value.value
    case 'null':
      return null
    case 'list':
      return value.items.map((item) => json(item.force()))
    case 'attrs':
      return Object.fromEntries([...value.attrs].map(([name, thunk]) => [name, json(thunk.force())]))
    default:
      throw new Error(value.kind)
  }
}

test('what people write as data is what it says', () => {
  for (const [source, expected] of EXPRESSIONS)
    assert.equal(json(evaluator({ '/a.nix': source }).file('/a.nix')), expected, source)
})

test('files of the same repository are imported and read', () => {
  const files = {
    '/secrets.nix':
      'let keys = import ./keys.nix; f = import ./f.nix { a = 1; }; in [ keys.alice f (builtins.readFile ./bob.pub) ]',
    '/keys.nix': '{ alice = "ssh-ed25519 A"; }',
    '/f.nix': '{ a }: [ a ]',
    '/bob.pub': 'ssh-ed25519 B bob\n',
  }
  assert.equal(json(evaluator(files).file('/secrets.nix')), ['ssh-ed25519 A', [1], 'ssh-ed25519 B bob\n'])
})

test('anything else is refused, and its line named', () => {
  for (const [source, message] of [
    ['let\n  a = b;\n  b = a;\nin a', /:2: it is defined by itself/],
    ['{\n  a = <nixpkgs>;\n}', /:2: this is more than data/],
    ['\n\nbuiltins.fetchGit ./.', /:3: fetchGit is not there, or not known here/],
    ['let f = x: f x; in f 1', /too much to work out without Nix/],
    ['{ a = 1; a = 2; }', /defined twice/],
    ['import ./none.nix', /cannot read \/none.nix/],
    ['\nx', /:2: x is not defined here/],
    ['"${1}"', /only text can stand in a string here/],
    ['{ a = ', /no valid Nix/],
    ['1 + 2', /more than data/],
  ] as const)
    assert.throws(() => json(evaluator({ '/a.nix': source }).file('/a.nix')), message, source)
})

test('a file that grows without end is given up', () => {
  const doubling = `let ${Array.from({ length: 40 }, (_, i) => `a${i + 1} = a${i} ++ a${i};`).join(' ')} a0 = [ 1 ]; in a40`
  assert.throws(() => evaluator({ '/a.nix': doubling }).file('/a.nix'), /too much to work out/)
})

if (has('nix-instantiate'))
  test('every Nix says the same', async () => {
    const box = new Sandbox('data')
    const file = box.write('all.nix', `[\n${EXPRESSIONS.map(([source]) => `(${source})`).join('\n')}\n]`)
    for (const program of nixPrograms()) {
      const nix = new NixPlace(box, program, `nix-${program.version}`)
      const said = await nix.ok('nix-instantiate', ['--eval', '--strict', '--json', file])
      assert.equal(
        JSON.parse(said),
        EXPRESSIONS.map(([, expected]) => expected),
        program.version,
      )
    }
  })

test.run()
