import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parseRecipientLines } from '../../src/age/recipient-lines.ts'
import { NixsecretError } from '../../src/errors.ts'

const ED = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4'
const AGE = 'age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z'
const ECDSA = `ecdsa-sha2-nistp256 ${Buffer.from('\0\0\0\x13ecdsa-sha2-nistp256').toString('base64')} old`

test('keys with what tells them apart, once each, comments kept or given', () => {
  const text = `# mine\n\n${ED}\r\n  ${AGE}\n${ED} again\n${ECDSA}\nfrom="10.*" ${ED}\n<html>\n`
  const { keys, faults } = parseRecipientLines(text, 'bob@github')
  assert.equal(
    keys.map(({ line, type, unfit }) => [line, type, unfit === null]),
    [
      [`${ED} bob@github`, 'ssh-ed25519', true],
      [AGE, keys[1]?.type, true],
      [ECDSA, 'ecdsa-sha2-nistp256', false],
    ],
  )
  assert.match(keys[0]?.mark ?? '', /^SHA256:[A-Za-z0-9+/]{43}$/)
  assert.is(keys[1]?.mark, AGE)
  assert.is(keys[2]?.canonical, null)
  assert.equal(
    faults.map((fault) => fault.slice(0, 7)),
    ['line 7:', 'line 8:'],
  )
  assert.not.match(faults.join(), /html|10\./)
  assert.is(parseRecipientLines(`${ED} bob at home`, 'x').keys[0]?.line, `${ED} bob at home`)
})

test('a private key is refused, and nothing of it is told', () => {
  for (const secret of ['AGE-SECRET-KEY-1QQQQQQQQ', `-----BEGIN OPENSSH ${'PRIVATE'} KEY-----`]) {
    try {
      parseRecipientLines(`${ED}\n${secret}\n`)
      assert.unreachable()
    } catch (fault) {
      assert.ok(fault instanceof NixsecretError && fault.code === 'recipient')
      assert.match(fault.message, /private key/)
      assert.not.match(JSON.stringify(fault), /QQQ/)
    }
  }
})

test('what is no list of keys is bounded', () => {
  assert.throws(() => parseRecipientLines('\n'.repeat(1001)), /more than 1000 lines/)
  assert.equal(parseRecipientLines('').keys, [])
})

test.run()
