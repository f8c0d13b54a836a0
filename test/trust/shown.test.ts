import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { textPath } from '../../src/byte-path.ts'
import { tellUnenrolled } from '../../src/cli/hook/tell-unenrolled.ts'
import { describeGains, describeLosses } from '../../src/cli/trust/describe-changes.ts'
import { totalOfChanges } from '../../src/cli/trust/total-of-changes.ts'
import { Notices } from '../../src/filter/notices.ts'
import type { Change, ReaderChange } from '../../src/policy/change.ts'
import { shownName } from '../../src/policy/shown-name.ts'
import { GuardRepo, policyText } from '../guard/guard-repo.ts'
import { asUser } from '../support/accept.ts'

const KEY = 'age1mqremgtqygrxq9fhey7g7n6av32uggktwvq9hge6sjdpu9h49sus30y8mr'
const OLD = 'age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z'

function reader(name: string, more: Partial<ReaderChange> = {}): ReaderChange {
  return {
    kind: 'reader',
    names: [name],
    key: KEY,
    instead: [],
    paths: [textPath('a')],
    patterns: [],
    ...more,
  }
}

const shown = { made: new Map(), paint: (_: string, text: string) => text, first: false, full: false }

test('of very many changes the most dangerous come first, and all are counted', () => {
  const crowd = Array.from({ length: 3000 }, (_, i) => reader(`n${i}`))
  const rules = Array.from({ length: 30 }, (_, i): Change => {
    return { kind: 'allow', rule: 'private-key', patterns: [`/x${i}`], reason: 'x' }
  })
  const gains = [...crowd, reader('bob', { instead: [OLD], patterns: ['/**'] }), ...rules]
  const lines = describeGains(gains, shown)
  assert.ok(lines.length < 300, `${lines.length}`)
  assert.match(
    lines.slice(0, 5).join('\n'),
    /\n {2}bob: ANOTHER KEY .*\n {4}accepted so far: age age1lvy.*\n {4}now: +age age1mqr/,
  )
  assert.ok(lines.some((line) => /… and 2981 more of them \(git nixsecret trust --show/.test(line)))
  assert.ok(lines.some((line) => /… and 10 more of them/.test(line)))
  assert.ok(describeGains(gains, { ...shown, full: true }).some((line) => line.includes('n2999')))
  assert.is(
    totalOfChanges(gains, false),
    '3001 keys could read 1 more file, and files that come later; 1 of them is ANOTHER KEY under a known name; 30 other changes would open something up',
  )
})

test('a key swapped under a name is one thing, unless the old one lost more', () => {
  const gain = reader('bob', { instead: [OLD], patterns: ['/**'] })
  const loss = reader('bob', { key: OLD, instead: [KEY] })
  assert.equal(describeLosses([loss], [gain], shown), [])
  const more = { ...loss, paths: [textPath('a'), textPath('b')] }
  assert.match(describeLosses([more], [gain], shown).join('\n'), /bob {2}age1lvy/)
})

test('a name does not pass for a key', () => {
  assert.is(shownName('web1'), 'web1')
  assert.is(shownName('ssh-ed25519'), '"ssh-ed25519" (a name, no key)')
  assert.is(shownName(`${KEY}x`), `"${KEY.slice(0, 60)}…" (a name, no key)`)
  assert.is([...shownName('n'.repeat(5000))].length, 61)
})

test('many files that are not encrypted for many are one line', () => {
  const notices = new Notices()
  for (let i = 0; i < 100; i++) notices.addLeftOut(textPath(`s${i}`), ['eve', `n${i}`])
  assert.equal(notices.lines(false), {
    messages: [
      's0, s1, s2, s3, s4 and 95 more: not encrypted for eve, n0, n1, n2, n3 and 96 more: you have not accepted that they may read it',
    ],
    hints: ['git nixsecret trust'],
  })
})

test('a clone set up by hand is told once', async () => {
  const repo = new GuardRepo()
  const { write } = process.stderr
  let said = ''
  const told = () => asUser(repo.box, repo.dir, async (here) => tellUnenrolled(here))
  try {
    process.stderr.write = ((text: string) => {
      said += text
      return true
    }) as typeof write
    // Where there is no policy there is nothing to say.
    assert.ok(await told())
    assert.is(said, '')
    repo.box.write(join(repo.dir, 'nixsecret.toml'), policyText())
    assert.ok(await told())
    assert.match(
      said,
      /you have not accepted who may read what.*\nhint: git nixsecret init .*\nhint: git nixsecret trust /,
    )
    const once = said
    assert.ok(await told())
    assert.is(said, once)
  } finally {
    process.stderr.write = write
  }
  assert.not.ok(existsSync(join(repo.dir, '.git/nixsecret/trust-id')))
})

test.run()
