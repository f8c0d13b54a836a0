import { createHash } from 'node:crypto'
import { EFF_LONG_WORDLIST } from 'secure-password-utilities/wordlists'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { isOpensshFile, parseOpensshFile, readOpenSecret } from '../../src/age/ssh/openssh-file.ts'
import { formatPublicKey } from '../../src/age/ssh/public-key.ts'
import { run } from '../../src/cli/generate.ts'
import { NixsecretError } from '../../src/errors.ts'
import { isKeyKind, KIND_NAMES, type Kind, lengthFor, makeSecret } from '../../src/secret/generate/kinds.ts'

const text = async (kind: Kind, length = lengthFor(kind, undefined), label = 'a label') =>
  (await makeSecret(kind, length, label)).content.toString('latin1')

test('the word list is that of the EFF, whole and in order', () => {
  // https://www.eff.org/files/2016/07/18/eff_large_wordlist.txt: the throws of five dice, a tab, the word.
  const lines = EFF_LONG_WORDLIST.map((word, i) => {
    const dice = i
      .toString(6)
      .padStart(5, '0')
      .replace(/./g, (digit) => String(Number(digit) + 1))
    return `${dice}\t${word}\n`
  })
  const hash = createHash('sha256').update(lines.join('')).digest('hex')
  assert.is(hash, 'addd35536511597a02fa0a9ff1e5284677b8883b83e986e43f15a3db996b903e')
  // Else two passphrases could look the same.
  const words = new Set(EFF_LONG_WORDLIST)
  for (const word of EFF_LONG_WORDLIST.filter((one) => one.includes('-')))
    assert.is(
      word.split('-').every((part) => words.has(part)),
      false,
      word,
    )
})

test('what is made has the form and the entropy that it says, and nothing at its end', async () => {
  assert.match(await text('password'), /^[A-Za-z0-9]{24}$/)
  assert.match(await text('password', 8), /^[A-Za-z0-9]{8}$/)
  assert.match(await text('hex'), /^[0-9a-f]{64}$/)
  assert.match(await text('base64'), /^[A-Za-z0-9+/]{43}=$/)
  assert.match(await text('base64', 9), /^[A-Za-z0-9+/]{12}$/)
  const words = (await text('passphrase', 64)).replace(/drop-down|felt-tip|t-shirt|yo-yo/g, 'zoom').split('-')
  assert.is(words.length, 64)
  assert.equal(
    words.filter((word) => !EFF_LONG_WORDLIST.includes(word)),
    [],
  )
  for (const kind of KIND_NAMES) {
    const { bits, publicHalf } = await makeSecret(kind, lengthFor(kind, undefined), 'x')
    assert.ok(bits >= (kind === 'passphrase' ? 77 : 128), kind)
    assert.is(publicHalf !== null, isKeyKind(kind), kind)
    assert.is.not(await text(kind), await text(kind), kind)
  }
})

/** Pearson's statistic against all of `size` outcomes being as likely, in standard deviations from what is expected. */
function deviation(counts: readonly number[], size: number): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / size
  const sum = counts.reduce((total, count) => total + (count - expected) ** 2 / expected, 0)
  return (sum - (size - 1)) / Math.sqrt(2 * (size - 1))
}

test('every character and every word is as likely as any other', async () => {
  const letters = new Map<string, number>()
  for (let i = 0; i < 40; i++)
    for (const letter of await text('password', 4096)) letters.set(letter, (letters.get(letter) ?? 0) + 1)
  assert.is(letters.size, 62)
  // A byte's remainder by 62 would be 250 deviations away; eight are never reached by chance.
  assert.ok(Math.abs(deviation([...letters.values()], 62)) < 8)
  const parts: number[] = []
  for (let i = 0; i < 400; i++)
    for (const word of (await text('passphrase', 64)).split('-')) {
      const at = EFF_LONG_WORDLIST.indexOf(word)
      if (at !== -1) parts.push(Math.floor((at * 64) / EFF_LONG_WORDLIST.length))
    }
  const counts = Array.from({ length: 64 }, (_, i) => parts.filter((part) => part === i).length)
  assert.ok(Math.abs(deviation(counts, 64)) < 8)
})

test('lengths have bounds, and keys have none to choose', () => {
  assert.is(lengthFor('password', '8'), 8)
  assert.is(lengthFor('hex', '4096'), 4096)
  for (const [kind, length] of [
    ['password', '7'],
    ['password', '4097'],
    ['passphrase', '3'],
    ['passphrase', '65'],
    ['hex', '-1'],
    ['hex', '1e3'],
    ['base64', ''],
    ['base64', '99999999999999999999'],
    ['age', '32'],
    ['ssh-ed25519', '256'],
  ] as const)
    assert.throws(() => lengthFor(kind, length), /length/, `${kind} ${length}`)
})

test('the command says what is wrong with its words before it looks for a repository', async () => {
  const cases: [string[], RegExp][] = [
    [['secrets/x'], /generate what\? --kind is one of password, passphrase, .*, age/],
    [['--kind', 'pasword', 'secrets/x'], /there is no kind pasword; did you mean password\?/],
    [['--kind', 'hex', '--length', '4', 'secrets/x'], /8 to 4096 bytes, 32 if it is left out/],
    [['--kind', 'hex'], /one PATH/],
    [['--kind', 'hex', 'secrets/a', 'secrets/b'], /one PATH/],
    [['--kind', 'hex', '--lenght', '9', 'secrets/a'], /did you mean --length\?/],
  ]
  for (const [args, message] of cases) {
    const fault = await run(args).catch((error: unknown) => error)
    assert.instance(fault, NixsecretError, args.join(' '))
    assert.match((fault as NixsecretError).message, message)
  }
})

test('an OpenSSH file is read back whole, whatever the length of its comment', async () => {
  for (let length = 1; length < 20; length++) {
    const { content, publicHalf } = await makeSecret('ssh-ed25519', 0, 'c'.repeat(length))
    assert.ok(isOpensshFile(content.toString()))
    const file = parseOpensshFile(content.toString())
    assert.ok(typeof file !== 'string')
    assert.ok(readOpenSecret(file) !== null)
    assert.is(publicHalf, `${formatPublicKey(file.publicKey)} ${'c'.repeat(length)}\n`)
    assert.is(
      Math.max(
        ...content
          .toString()
          .split('\n')
          .map((line) => line.length),
      ),
      70,
    )
  }
})

test.run()
