import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { TrustStory } from './trust-story.ts'

const NEW = {
  'secrets/db': 'team: db, changed\n',
  'secrets/narrow/root': 'narrow: root, changed\n',
  'secrets/narrow/ssh.key': 'narrow: ssh key, changed\n',
  'secrets/new/token': 'team: new token\n',
  'secrets/sops/app.yaml': 'password: team-changed\nuser: app\n',
}

const SWAPPED = 'another key under the same name'

/** Ways to let somebody read more by a push; each is given the policy and eve's key. */
const PUSHED: Record<string, (policy: string, eve: string) => string> = {
  'a newcomer in a group': (policy, eve) =>
    policy
      .replace('[groups]', `eve = "${eve}"\n\n[groups]`)
      .replace('["alice", "bob"]', '["alice", "bob", "eve"]'),
  [SWAPPED]: (policy, eve) => policy.replace(/^bob = .*$/m, `bob = "${eve}"`),
  'a known reader in a group': (policy) => policy.replace('["alice", "bob"]', '["alice", "bob", "wanda"]'),
  'a rule of more paths': (policy) =>
    policy.replace('"/secrets/wide/**"', '"/secrets/wide/**", "/secrets/[dn]*/**", "db"'),
  'rules in another order': (policy) => {
    const [head, ...rules] = policy.split('[[rule]]')
    return [head, ...rules.reverse()].join('[[rule]]')
  },
  'another default': (policy) => policy.replace('to = ["@team"]', 'to = ["@team", "wanda"]'),
  'a rule before all others': (policy, eve) =>
    policy
      .replace('[groups]', `"\\u0065ve" = "${eve}"\n\n[groups]`)
      .replace(
        '[[rule]]',
        '[[rule]]\npaths = ["/secrets/**", "*"]\nto = ["alice", "bob", "eve"]\n\n[[rule]]',
      ),
}

test('what is changed is sealed for whom I accepted, whatever was pushed; what is not stays', async () => {
  const story = await TrustStory.begin()
  const { alice, keys, policy } = story
  const base = (await alice.git('rev-parse', 'HEAD')).trim()
  for (const [what, change] of Object.entries(PUSHED)) {
    const pushed = change(policy, keys.eve)
    assert.is.not(pushed, policy, what)
    await story.push({ 'nixsecret.toml': pushed }, base)
    await alice.git('fetch', '-q')
    await alice.git('reset', '-q', '--hard', 'origin/main')
    assert.is(await alice.git('status', '--porcelain'), '', what)
    alice.write(NEW)
    const added = await alice.tryGit('add', '-A')
    assert.is(added.code, 0, `${what}: ${added.stderr}`)
    const opens = (await story.nothingOpens(what)).get('alice') ?? []
    // All the same each is a secret that its owner can read.
    for (const [path, text] of Object.entries(NEW))
      if (!path.includes('sops')) assert.ok(opens.includes(text), path)
    for (const path of ['secrets/other', 'secrets/wide/motd'])
      assert.is(await alice.id(path), await alice.id(path, base), `${what}: ${path}`)
    if (what !== SWAPPED) continue
    // Sealed for what is left of the readers, whom no policy names as a set; and changed again.
    for (const text of ['wide: second\n', 'wide: third\n']) {
      alice.write({ 'secrets/wide/motd': text })
      const again = await alice.tryGit('add', '-A')
      assert.is(again.code, 0, again.stderr)
    }
    const { out } = await alice.nixsecret('trust', '--show')
    assert.match(out, 'ANOTHER KEY under a known name')
    assert.not.match(out, 'now has other ciphertext')
  }
})

test.run()
