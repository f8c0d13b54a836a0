import { bech32 } from '@scure/base'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { decodeBech32, encodeBech32 } from '../../src/age/bech32.ts'

test('strings of BIP 173', () => {
  // https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki#test-vectors
  const valid: [string, string][] = [
    ['A12UEL5L', 'A'],
    ['a12uel5l', 'a'],
    ['abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw', 'abcdef'],
    ['split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w', 'split'],
  ]
  for (const [text, prefix] of valid) assert.is(decodeBech32(text)?.prefix, prefix, text)
  const invalid = [
    '\x201nwldj5',
    '\x7f1axkwrx',
    '\x801eym55h',
    'pzry9x0s0muk',
    '1pzry9x0s0muk',
    'x1b4n0q5v',
    'li1dgmt3',
    'de1lg7wt\xff',
    'A1G7SGD8',
    '10a06t8',
    '1qzzfhee',
    'a12UEL5L',
    '',
    '1',
  ]
  for (const text of invalid) assert.is(decodeBech32(text), null, JSON.stringify(text))
})

const prefixes = fc.constantFrom('age', 'age1pq', 'age-secret-key-', 'x')
const bytes = fc.uint8Array({ maxLength: 1300 })

test('as @scure/base has it, which age-encryption uses', () => {
  fc.assert(
    fc.property(prefixes, bytes, (prefix, content) => {
      const text = encodeBech32(prefix, content)
      assert.is(text, bech32.encode(prefix, bech32.toWords(content), false))
      for (const written of [text, text.toUpperCase()]) {
        const decoded = decodeBech32(written)
        assert.is(decoded?.prefix, written === text ? prefix : prefix.toUpperCase())
        assert.ok(decoded?.bytes.equals(content))
      }
    }),
  )
})

test('a mistyped letter never passes', () => {
  fc.assert(
    fc.property(
      bytes,
      fc.nat(),
      fc.constantFrom(...'qpzry9x8gf2tvdw0s3jn54khce6mua7l1bio'),
      (content, at, letter) => {
        const text = encodeBech32('age', content)
        const i = at % text.length
        const typo = text.slice(0, i) + letter + text.slice(i + 1)
        if (typo !== text) assert.is(decodeBech32(typo), null)
      },
    ),
    { numRuns: 1000 },
  )
})

test('padding bits must be zeros, and less than a letter', () => {
  const words = bech32.toWords(Buffer.of(1))
  for (const wrong of [
    [words[0] as number, (words[1] as number) | 1],
    [...words, 0],
  ])
    assert.is(decodeBech32(bech32.encode('age', wrong)), null)
})

test.run()
