import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { nixFacts } from '../../src/nix/nix-facts.ts'
import { nixString } from '../../src/nix/nix-string.ts'
import { needs } from '../support/needs.ts'
import { NixPlace, nixPrograms } from '../support/nix.ts'
import { Sandbox } from '../support/sandbox.ts'

// What a Nix string may take for something else, and bytes that are no UTF-8 by themselves.
const TRICKY = ['"', '\\', '$', '{', '}', "''", '\n', '\r', '\r\n', '\t', '${', '$${', '\\n', '#', '/*', ' ']
const TRICKY_BYTES = [
  ...TRICKY.map((text) => Buffer.from(text)),
  Buffer.of(0xff),
  Buffer.of(0xc3),
  Buffer.of(1),
]

const piece = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...TRICKY_BYTES) },
  fc.string({ unit: 'binary', maxLength: 8 }).map((text) => Buffer.from(text)),
  fc.uint8Array({ min: 1, maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
)
const contents: fc.Arbitrary<Buffer> = fc.array(piece, { maxLength: 24 }).map(Buffer.concat)

test('a NUL is in no Nix string', () => {
  assert.is(nixString(Buffer.from('a\0b')), null)
  assert.is(nixString(Buffer.of())?.toString(), '""')
})

test('an expression is one line', () => {
  fc.assert(
    fc.property(contents, (bytes) => {
      const text = nixString(bytes)?.toString('latin1') ?? '""'
      assert.not.match(text, /[\n\r]/)
      assert.equal(nixFacts(`{ x = ${text}; }`), [])
    }),
  )
})

needs('the strings of Nix itself', 'nix-instantiate')
for (const program of nixPrograms())
  test(`Nix ${program.version} reads the very bytes`, async () => {
    const box = new Sandbox('nix-string')
    const nix = new NixPlace(box, program)
    const all: Buffer[] = [
      ...Array.from({ length: 255 }, (_, i) => Buffer.of(i + 1)),
      ...TRICKY_BYTES.flatMap((one) => TRICKY_BYTES.map((two) => Buffer.concat([one, two]))),
      ...fc.sample(contents, 2000).filter((bytes) => !bytes.includes(0)),
      Buffer.from('${}"\\\r\n$'.repeat(100_000)),
      Buffer.alloc(4 << 20, 'a'),
    ]
    // By their hashes, as not all of them can be printed as JSON.
    const items = all.flatMap((bytes) => [
      Buffer.from('(builtins.hashString "sha256" '),
      nixString(bytes) as Buffer,
      Buffer.from(')\n'),
    ])
    const file = box.write('all.nix', Buffer.concat([Buffer.from('['), ...items, Buffer.from(']')]))
    const { code, out, stderr } = await nix.run('nix-instantiate', ['--eval', '--strict', '--json', file])
    assert.is(code, 0, stderr.slice(0, 2000))
    const wrong = (JSON.parse(out) as string[]).flatMap((hash, i) => {
      const bytes = all[i] as Buffer
      return createHash('sha256').update(bytes).digest('hex') === hash ? [] : [bytes.toString('base64')]
    })
    assert.equal(wrong, [])
    assert.equal(nix.names(), [])
  })

test.run()
