import { rules } from '@secretlint/secretlint-rule-preset-recommend'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { credentials } from '../../../src/guard/content/credentials.ts'
import { placeOf } from '../../../src/guard/content/place.ts'
import { SECRETLINT_HINTS, secretlintHits } from '../../../src/guard/content/secretlint-rules.ts'
import { cpuTime } from '../../support/cpu-time.ts'
import { fixtures } from './fixture.ts'
import { bytes, letters, MADE } from './made-secrets.ts'

const found = async (content: Buffer) =>
  (await credentials(content)).map(({ offset, what }) => `${placeOf(content, offset).line} ${what}`)
const NAMES = Object.keys(SECRETLINT_HINTS)

test('tokens are found at their line, each once', async () => {
  for (const { name, content, expected } of fixtures('credential', 'ng'))
    assert.equal((await found(content)).sort(), [...expected].sort(), name)
})

test('placeholders, templates and look-alikes are none', async () => {
  for (const { name, content } of fixtures('credential', 'ok')) assert.equal(await found(content), [], name)
})

test('nothing of the file is in what is found', async () => {
  for (const { content } of fixtures('credential', 'ng'))
    for (const hit of await credentials(content)) {
      assert.equal(Object.keys(hit), ['offset', 'what'])
      assert.not(content.includes(hit.what))
    }
})

test('offsets are bytes', async () => {
  const token = (MADE.GITHUB as { value: string }).value
  for (const before of ['ü', '“', 'ª', 'à\n', '\u{1f535}']) {
    const content = Buffer.from(`${before}${token}`)
    assert.equal(
      await credentials(content),
      [{ offset: Buffer.byteLength(before), what: 'GitHub token' }],
      before,
    )
  }
})

test('large files are looked at in pieces that overlap', async () => {
  const token = Buffer.from((MADE.GITHUB as { value: string }).value)
  for (const offset of [(4 << 20) - 20, (4 << 20) + 5, (8 << 20) + (16 << 10) - 3]) {
    const content = Buffer.alloc(9 << 20, ' ')
    token.copy(content, offset)
    assert.equal(await credentials(content), [{ offset, what: 'GitHub token' }], String(offset))
  }
})

test('every rule of the preset is used, or left out on purpose', () => {
  const left = ['filter-comments', 'gcp', 'privatekey', 'sendgrid']
  const all = rules.map(({ meta }) => meta.id.replace('@secretlint/secretlint-rule-', ''))
  assert.equal([...NAMES, ...left].sort(), all.sort())
})

test('the look before it sees whatever a rule would find', async () => {
  const reached = new Set<string>()
  const look = async (text: string) => {
    for (const name of NAMES) {
      if ((await secretlintHits(text, [name])).length === 0) continue
      reached.add(name)
      assert.match(text, new RegExp(SECRETLINT_HINTS[name] as string), name)
    }
  }
  for (const { value } of Object.values(MADE)) await look(`x = "${value}"`)
  const part = fc.constantFrom(
    ...[
      'ghp_',
      'github_pat_',
      'npm_',
      'xoxb-',
      'xapp-',
      'HOOKS.slack.com/services/T',
      'https://',
      'shpss_',
      'lin_api_',
    ],
    ...[
      'sk-proj-',
      'T3Blbk' + 'FJ',
      'sk-ant-api03-',
      'AA',
      'ops_ey',
      'mysqlx://',
      'MongoDB+srv://',
      'jdbc:mysql://',
    ],
    ...[
      'ftp://',
      'me:',
      'me@',
      'h.io',
      'Aws_Secret_ACCESS_Key',
      'SECRETaccesskey',
      '=>',
      ': "',
      '" = ',
      '/B',
      '/',
      '-',
    ],
    ...[
      letters(20, 'a'),
      letters(36, 'b'),
      letters(40, 'c'),
      letters(58, 'd'),
      letters(74, 'e'),
      letters(82, 'f'),
    ],
    ...[letters(93, 'g'), ':x-oauth-basic@github.com/', ' ', '1-', '_'],
  )
  await fc.assert(
    fc.asyncProperty(fc.array(part, { minLength: 2, maxLength: 7 }), (parts) => look(parts.join(''))),
    { numRuns: 3000 },
  )
  assert.equal([...reached].sort(), [...NAMES].sort(), 'each rule was reached')
})

test('random bytes hold no credentials', async () => {
  assert.equal(await credentials(bytes(1 << 20, 'noise')), [])
  assert.equal(await credentials(Buffer.from(bytes(1 << 20, 'noise').toString('base64'))), [])
})

test('time is linear in the text', async () => {
  const size = 1 << 20
  for (const unit of [
    'a',
    'eyJ',
    'eyJa.',
    'xoxb-',
    'xoxb-a-',
    'SG.a.aaaaaaaa',
    `SG.a.${'a'.repeat(300)}`,
    'ops_ey',
    'sk-proj-',
    'ghp_',
    'npm_',
    'glpat-',
    '://',
    'http://a:b@',
    'mongodb://a:b@',
    'mysql://a:',
    `${'M'.repeat(27)}.`,
    'hooks.slack.com',
    'secret_access_key   ',
    '_authToken=',
    'ATATT3xFfGF0',
    'dp.pt.',
    `ops_ey${'A'.repeat(1300)}`,
  ]) {
    const started = cpuTime()
    await credentials(Buffer.from(unit.repeat(size / unit.length)))
    assert.ok(cpuTime() - started < 3000, `${unit.slice(0, 20)} ${cpuTime() - started}`)
  }
})

test.run()
