import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { findPlaintext, isAge } from '../support/story.ts'
import { SealedStory } from './sealed-story.ts'

const test = suite('store/killed')

/** More calls of git than `sealed` makes. */
const MOST = 60

/** Where PATH finds git. */
function realGit(path: string): string {
  const found = path.split(delimiter).find((dir) => existsSync(join(dir, 'git')))
  return join(found ?? '/usr/bin', 'git')
}

/** A `git` that kills who called it, the n-th time, before or after it has done its work. */
function shim(story: SealedStory): string {
  const { box } = story.person
  box.write(
    'shims/git',
    `#!/bin/sh
i=1
until mkdir "$CALLS/$i" 2>/dev/null; do i=$((i + 1)); done
[ "$i $WHEN" != "$KILL_AT before" ] || kill -9 "$PPID"
${realGit(box.env.PATH ?? '')} "$@"
code=$?
[ "$i $WHEN" != "$KILL_AT after" ] || kill -9 "$PPID"
exit $code
`,
    0o755,
  )
  return box.path('shims')
}

/** Files of the twin's secrets that are no ciphertext. */
function openInTwin(story: SealedStory): string[] {
  const dir = join(story.repo, '.git/nixsecret/twin/tree/secrets')
  if (!existsSync(dir)) return []
  return readdirSync(dir).filter((name) => !isAge(readFileSync(join(dir, name))))
}

for (const when of ['before', 'after'] as const) {
  for (const from of ['a former twin', 'nothing'] as const) {
    test(`killed ${when} each call of git, from ${from}: no plaintext, nothing changed, and the next run heals`, async () => {
      const story = await SealedStory.begin()
      const { box } = story.person
      const [dir, calls] = [shim(story), box.path('calls')]
      assert.is((await story.sealed(['true'])).code, 0)
      // From each of the two beginnings, before every second call, by turns. After a call is nearly before the next: so
      // after every second of those that lie between.
      let n = from === 'nothing' ? 2 : 1
      for (; n < MOST; n += when === 'after' ? 4 : 2) {
        if (from === 'nothing')
          rmSync(join(story.repo, '.git/nixsecret/twin'), { recursive: true, force: true })
        const [code, secret] = [`{ round = ${n}; }\n`, `secret-of-round-${n}-is-long\n`]
        story.write('hosts/web.nix', code)
        story.write('secrets/db', secret)
        const before = await story.state()
        rmSync(calls, { recursive: true, force: true })
        mkdirSync(calls)
        const env = { PATH: `${dir}:${box.env.PATH}`, CALLS: calls, KILL_AT: String(n), WHEN: when }
        const killed = await box.run('git-nixsecret', ['sealed', 'true'], { cwd: story.repo, env })
        // Whoever was killed, `sealed` or its filter, all was well or nothing was run.
        assert.equal(openInTwin(story), [])
        assert.is(await story.state(), before)
        const { out, stderr } = await story.sealed(['cat', 'hosts/web.nix', 'secrets/db'])
        assert.ok(out.startsWith(`${code}age-encryption.org/v1\n`), `${n}: ${stderr}`)
        if (killed.code === 0 && !existsSync(join(calls, String(n)))) break
      }
      assert.ok(n > 5 && n < MOST, `${n} calls`)
      assert.equal(await findPlaintext(story.person, story.repo, ['secret-of-round']), [])
    })
  }
}

test.run()
