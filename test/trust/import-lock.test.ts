import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { newAgeKey } from '../../src/age/new-age-key.ts'
import { needs } from '../support/needs.ts'
import { ok, TrustStory } from './trust-story.ts'

const SMUDGE =
  '#!/bin/sh\ncat >"$0.$$"\nage -d -i ~/.strongbox_identity "$0.$$" 2>/dev/null || cat "$0.$$"\nrm -f "$0.$$"\n'
// The same plaintext is the same ciphertext, as git wants it of a filter.
const CLEAN = `#!/bin/sh
cat >"$0.$$"
kept=$0.$(cksum <"$0.$$" | tr ' ' .)
[ -s "$kept" ] || age -a -R .strongbox_recipient -o "$kept" "$0.$$"
cat "$kept"
rm -f "$0.$$"
`

if (needs('import while something is pending', 'age'))
  test('import seals nothing for a newcomer; lock and unlock go on', async () => {
    const story = await TrustStory.begin()
    const { alice, box, keys, policy } = story
    // Secrets of another tool, whose readers are whom the policy names.
    const { text, recipient } = newAgeKey(new Date())
    box.write(join(box.home, '.strongbox_identity'), text)
    await alice.git('config', 'filter.strongbox.smudge', box.write('bin/smudge', SMUDGE, 0o755))
    await alice.git('config', 'filter.strongbox.clean', box.write('bin/clean', CLEAN, 0o755))
    await alice.commit('under strongbox', {
      '.strongbox_recipient': `${recipient}\n`,
      '.gitattributes': `legacy/** filter=strongbox\n${alice.text('.gitattributes')}`,
      'legacy/token': 'team: legacy\n',
    })
    await ok(alice.nixsecret('trust', '--yes'))
    await alice.git('push', '-q')
    const pushed = policy
      .replace('[groups]', `eve = "${keys.eve}"\n\n[groups]`)
      .replace('["alice", "bob"]', '["alice", "bob", "eve"]')
    await story.push({ 'nixsecret.toml': pushed })
    await alice.git('pull', '-q')

    const refused = await alice.nixsecret('import', 'strongbox')
    assert.is(refused.code, 2, refused.stderr)
    assert.match(refused.stderr, /legacy\/token.*\beve\b[\s\S]*hint: git nixsecret trust/)
    assert.is(await alice.git('status', '--porcelain'), '')
    assert.is((await alice.nixsecret('import', 'strongbox', '--dry-run')).code, 0)

    await ok(alice.nixsecret('lock'))
    assert.match(readFileSync(join(alice.dir, 'secrets/db'), 'latin1'), /^age-encryption/)
    assert.is(await alice.git('status', '--porcelain'), '')
    await alice.git('add', '-A')
    await ok(alice.nixsecret('unlock'))
    assert.is(alice.text('secrets/db'), 'team: db\n')
    assert.is(await alice.git('status', '--porcelain'), '')
    await story.nothingOpens('pending')

    await ok(alice.nixsecret('trust', '--yes'))
    await ok(alice.nixsecret('import', 'strongbox'))
    assert.ok((await story.nothingOpens('accepted', ['team: '])).get('eve')?.includes('team: legacy\n'))
  })

test.run()
