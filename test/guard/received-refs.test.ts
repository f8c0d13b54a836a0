import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { wrapLines } from '../../src/cli/hook/wrap-lines.ts'
import { NixsecretError } from '../../src/errors.ts'
import { MAX_HOOK_INPUT, parseReceived } from '../../src/guard/received-refs.ts'
import { isHidden } from '../../src/guard/shown-tips.ts'

const test = suite('received refs')
const ZEROS = '0'.repeat(40)
const OID = 'a1'.repeat(20)

function refused(input: string | Uint8Array): void {
  assert.throws(
    () => parseReceived(Buffer.from(input as string)),
    (error: unknown) => error instanceof NixsecretError && error.code === 'refused',
  )
}

test('lines as git writes them', () => {
  assert.equal(parseReceived(Buffer.from(`${ZEROS} ${OID} refs/heads/é\n${OID} ${ZEROS} refs/x\n`)), [
    { oldOid: ZEROS, newOid: OID, ref: 'refs/heads/\xc3\xa9' },
    { oldOid: OID, newOid: ZEROS, ref: 'refs/x' },
  ])
  const long = 'f'.repeat(64)
  assert.equal(parseReceived(Buffer.from(`${long} ${long} r`)), [{ oldOid: long, newOid: long, ref: 'r' }])
})

test('anything else is refused', () => {
  const bad = [
    '',
    '\n',
    'x',
    `${OID} ${OID}\n`,
    `${OID} ${OID} a b\n`,
    `${OID} ${OID} a\n\n`,
    `${OID}  ${OID} a`,
  ]
  for (const input of [...bad, `${OID.toUpperCase()} ${OID} a`, ` ${OID} ${OID} a`, `${OID} ${OID} a\0`])
    refused(input)
  refused(Buffer.alloc(MAX_HOOK_INPUT + 1, `${OID} ${OID} a\n`))
})

test('random and mutated input: every line understood, or refused', () => {
  const oid = fc.constantFrom(ZEROS, OID, OID.slice(1), `${OID}0`, 'f'.repeat(64), '')
  const line = fc.tuple(oid, fc.constantFrom(' ', '  ', '\t', ''), oid, fc.constantFrom(' ', ''), fc.string())
  const text = fc.array(line.map((parts) => parts.join(''))).map((lines) => Buffer.from(lines.join('\n')))
  fc.assert(
    fc.property(fc.oneof(text, fc.uint8Array({ maxLength: 300 })), (input) => {
      try {
        const lines = parseReceived(input).map(({ oldOid, newOid, ref }) => `${oldOid} ${newOid} ${ref}`)
        const again = Buffer.from(lines.join('\n'), 'latin1')
        const given = Buffer.from(input)
        assert.ok(given.equals(again) || given.equals(Buffer.concat([again, Buffer.from('\n')])))
      } catch (error) {
        assert.ok(error instanceof NixsecretError, String(error))
      }
    }),
    { numRuns: 3000 },
  )
})

test('hidden refs: the last pattern that fits', () => {
  const cases: [string, string[], boolean][] = [
    ['refs/heads/a', [], false],
    ['refs/heads/a', ['refs/heads'], true],
    ['refs/heads/a', ['refs/head'], false],
    ['refs/heads/a', ['refs/heads/a'], true],
    ['refs/heads/a', ['refs/heads', '!refs/heads/a'], false],
    ['refs/heads/a', ['!refs/heads/a', 'refs/heads'], true],
    ['refs/heads/a', ['^refs/heads'], false],
    ['refs/heads/a', ['^refs/namespaces/n/refs/heads'], true],
  ]
  for (const [name, patterns, hidden] of cases)
    assert.is(isHidden(name, `refs/namespaces/n/${name}`, patterns), hidden, patterns.join())
})

test('sentences are broken, commands are not', () => {
  const command = `    git add ${'x'.repeat(30)} ${'y'.repeat(30)}`
  const text = `error a\n  one two three four\n${command}\n`
  assert.is(wrapLines(text, 12), `error a\n  one two\n  three four\n${command}\n`)
  assert.is(wrapLines(`  ${'x'.repeat(20)} y`, 12), `  ${'x'.repeat(20)}\n  y`)
})

test.run()
