import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needs } from '../support/needs.ts'
import { allowSigners, newSigner } from '../support/signer.ts'
import { begin, type Person, read } from '../support/story.ts'

const withSsh = needs('git signs with SSH keys', 'ssh-keygen') ? test : test.skip
const EVE = 'age1mqremgtqygrxq9fhey7g7n6av32uggktwvq9hge6sjdpu9h49sus30y8mr'
const BOB = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBPRNyUihwTsloxQwA49EoQePryWKnGj3svr3Mj0F5wA'

/** What a colleague pushes: another clone, whose git knows no filter and no hooks. */
class Colleague {
  readonly dir: string
  readonly #person: Person

  constructor(person: Person, dir: string) {
    this.#person = person
    this.dir = dir
  }

  git(...args: string[]) {
    return this.#person.git(this.dir, ...args)
  }

  policy(change: (text: string) => string): void {
    const text = (read(this.dir, 'nixsecret.toml') ?? Buffer.alloc(0)).toString()
    this.#person.box.write(join(this.dir, 'nixsecret.toml'), change(text))
  }

  /** Commits all and pushes. */
  async push(message: string, flags: readonly string[] = []): Promise<string> {
    await this.git(...flags, 'commit', '-qam', message)
    await this.git('push', '-q', 'origin', 'main')
    return (await this.git('rev-parse', 'HEAD')).trim()
  }
}

async function together() {
  const { person, dir } = await begin('trust')
  const { box } = person
  box.write(join(dir, 'secrets/db'), 'password one\n')
  await person.git(dir, 'add', '-A')
  await person.git(dir, 'commit', '-qm', 'A secret')
  await person.git(box.dir, 'init', '-q', '--bare', 'server.git')
  await person.git(dir, 'remote', 'add', 'origin', box.path('server.git'))
  await person.git(dir, 'push', '-qu', 'origin', 'main')
  await person.git(box.dir, 'clone', '-q', 'server.git', 'colleague')
  const colleague = new Colleague(person, box.path('colleague'))
  await colleague.git('config', 'user.name', 'Eve \u001b[31mred')
  await colleague.git('config', 'user.email', 'eve@example.org')
  const trust = (...args: string[]) => box.run('git', ['nixsecret', 'trust', ...args], { cwd: dir })
  return { person, box, dir, colleague, trust }
}

const adds = (name: string, key: string) => (text: string) =>
  text
    .replace('[recipients]\n', `[recipients]\n${name} = "${key}"\n`)
    .replace(/^(\[default\][^[]*?to *= *\[)/m, `$1"${name}", `)

test('a newcomer by push: told, shown, refused in a commit, and accepted once', async () => {
  const { person, box, dir, colleague, trust } = await together()
  assert.is((await trust()).code, 0)
  colleague.policy(adds('eve', EVE))
  const oid = await colleague.push('Tidy up')
  const pulled = await person.tryGit(dir, 'pull', '-q', '--ff-only')
  assert.match(pulled.stderr, /^git-nixsecret: not accepted yet: eve can read more; /m)
  assert.match(pulled.stderr, /^hint: git nixsecret trust$/m)

  const shown = await trust('--show')
  assert.is(shown.code, 1)
  assert.match(shown.out, /^Who could read more:\n\n {2}eve {2}age age1mqrem/)
  assert.match(shown.out, /^ {4}1 file:\n {6}secrets\/db\n {4}files that come later and match:\n {6}\/\*\*$/m)
  const who = new RegExp(
    `in ${oid.slice(0, 12)} by "Eve \\\\033\\[31mred" <eve@example.org>, .* UTC: Tidy up`,
  )
  assert.match(shown.out, who)
  assert.match(shown.out, /not signed: the name is only what the commit says/)
  assert.match(shown.out, /^In all: 1 key could read 1 more file, and files that come later\.$/m)
  assert.not.match(shown.out, /\u001b/)

  const unasked = await trust()
  assert.is(unasked.code, 1)
  assert.is(unasked.out.trim(), shown.out.trim())
  assert.match(unasked.stderr, /nobody can be asked here.*\nhint: git nixsecret trust --yes/)
  const json = JSON.parse((await trust('--json')).out)
  assert.is(json.version, 1)
  assert.is(json.accepted, false)
  assert.equal(json.gains[0].made.commits[0].commit, oid)
  assert.is(json.gains[0].fingerprint, EVE)

  const nixsecret = (...args: string[]) => box.run('git', ['nixsecret', ...args], { cwd: dir })
  const status = await nixsecret('status')
  assert.match(status.stderr, /warning: not accepted yet: eve can read more; .*\nhint: git nixsecret trust$/m)
  assert.not.match(status.out + status.stderr, /rekey/)
  const { checks } = JSON.parse((await nixsecret('doctor', '--json')).out)
  const row = checks.find(({ id }: { id: string }) => id === 'trust')
  assert.equal([row.level, row.hints], ['warning', ['git nixsecret trust']])

  box.write(join(dir, 'README'), 'x\n')
  box.write(join(dir, 'secrets/db'), 'password two\n')
  const added = await person.tryGit(dir, 'add', 'README', 'secrets/db')
  assert.is(
    added.stderr,
    'git-nixsecret: warning: secrets/db: not encrypted for eve: you have not accepted that they may read it\n' +
      'hint: git nixsecret trust\n',
  )
  const commit = await person.tryGit(dir, 'commit', '-qm', 'x')
  assert.is(commit.code, 1)
  assert.match(commit.stderr, /error nixsecret.toml \[new-recipient\]\n {2}not accepted: eve \(age1mqrem/)
  assert.match(commit.stderr, who)
  assert.match(commit.stderr, /git nixsecret trust {4}# shows all of it, and asks/)
  // Refused until then, it would be no help.
  assert.not.match(commit.stderr, /nixsecret rekey|stale-recipients/)

  const yes = await trust('--yes')
  assert.is(yes.code, 0)
  assert.match(yes.out, /^Who could read more:\n\n {2}eve/)
  assert.is((await trust()).code, 0)
  assert.match((await person.tryGit(dir, 'commit', '-qm', 'x')).stderr, /git nixsecret rekey -- secrets\/db/)
  await person.git(dir, 'nixsecret', 'rekey')
  await person.git(dir, 'commit', '-qm', 'x')

  // By a merge, before it is made: git itself tells the hook only by its environment what is merged.
  await colleague.git('checkout', '-q', '-b', 'fork')
  colleague.policy(adds('bob', BOB))
  await colleague.git('commit', '-qam', 'Bob from a fork')
  const fork = (await colleague.git('rev-parse', 'HEAD')).trim()
  await colleague.git('checkout', '-q', 'main')
  await person.git(dir, 'fetch', '-q', colleague.dir, 'fork')
  const merge = await person.tryGit(dir, 'merge', '-q', '--no-edit', 'FETCH_HEAD')
  assert.is(merge.code, 1)
  assert.match(merge.stderr, new RegExp(`not accepted: bob .*in ${fork.slice(0, 12)} by `))
  await person.git(dir, 'merge', '--abort')

  // Who is taken out needs no word, and comes back as a newcomer.
  await person.git(dir, 'reset', '-q', '--hard', 'HEAD^')
  colleague.policy((text) => text.replace('"eve", ', ''))
  await colleague.push('Eve leaves')
  await person.git(dir, 'pull', '-q')
  const left = await trust()
  assert.is(left.code, 0)
  colleague.policy((text) => text.replace('to = [', 'to = ["eve", '))
  const back = await colleague.push('Eve is back')
  assert.match((await person.tryGit(dir, 'pull', '-q')).stderr, /not accepted yet: eve can read more/)
  const again = await trust('--json')
  assert.is(again.code, 1)
  assert.equal(
    JSON.parse(again.out).gains[0].made.commits.map((one: { commit: string }) => one.commit),
    [back],
  )
  // What is not committed says so; the same name with another key is called by its name.
  box.write(join(dir, 'nixsecret.toml'), (read(dir, 'nixsecret.toml') ?? '').toString().replace(EVE, BOB))
  const stopped = await person.tryGit(dir, 'commit', '-qam', 'x')
  assert.match(
    stopped.stderr,
    /not accepted: eve: ANOTHER KEY under a known name \(age1mqr\w+ -> SHA256:\S{43}\), which can read/,
  )
  await person.git(dir, 'reset', '-q')
  const swapped = await trust('--show')
  assert.match(
    swapped.out,
    /^ {2}eve: ANOTHER KEY under a known name; .*\n {4}accepted so far: age age1mqr\w+\n {4}now: {13}ssh-ed25519 SHA256:\S{43}$/m,
  )
  assert.match(swapped.out, /not committed yet: it was made in this work tree/)

  // A clone that has lost what it knew starts anew, and not by itself.
  rmSync(box.path('home/.local/state/git-nixsecret/trust'), { recursive: true })
  const lost = await trust()
  assert.is(lost.code, 1)
  assert.match(
    lost.out,
    /^You have accepted nothing in this clone yet\. This is who can read what, as the start:/,
  )
})

withSsh('nixsecret.trust signed: by allowed signers, and by nobody else', async () => {
  const { person, box, dir, colleague, trust } = await together()
  const [alice, eve] = [await newSigner(box, 'alice'), await newSigner(box, 'eve')]
  await person.git(dir, 'config', 'nixsecret.trust', 'signed')
  await person.git(dir, 'config', 'gpg.ssh.allowedSignersFile', allowSigners(box, [alice]))
  const pull = async () => (await person.tryGit(dir, 'pull', '-q', '--ff-only')).stderr

  colleague.policy(adds('bob', BOB))
  await colleague.push('Bob', alice.flags)
  assert.match(
    await pull(),
    /^git-nixsecret: accepted, as it is signed by alice@example\.org: bob can read more$/m,
  )
  assert.is((await trust()).code, 0)

  // Signed by a stranger; and what is signed on top of it does not carry it along.
  colleague.policy(adds('eve', EVE))
  const bad = await colleague.push('Eve', eve.flags)
  const told = await pull()
  assert.match(
    told,
    new RegExp(`not accepted by signature: .*: ${bad.slice(0, 12)}, signed with a key that is no`),
  )
  assert.match(told, /not accepted yet: eve can read more/)
  colleague.policy((text) => `# tidy\n${text}`)
  await colleague.push('Tidy', alice.flags)
  assert.match(
    await pull(),
    new RegExp(
      `not accepted by signature: part of it was there before, .*: eve \\(${EVE}\\)\\n.*: look at it, and say yes or no`,
    ),
  )
  const yes = await trust('--yes')
  assert.is(yes.code, 0)

  // Nobody signed what is not committed.
  box.write(
    join(dir, 'nixsecret.toml'),
    (read(dir, 'nixsecret.toml') ?? '').toString().replace(EVE, alice.publicKey),
  )
  const open = await trust()
  assert.is(open.code, 1)
  assert.match(open.stderr, /not accepted by signature: nixsecret.toml or .gitattributes have changes here/)
  await person.git(dir, 'checkout', '-q', '--', 'nixsecret.toml')

  // An allowed-signers file that a push could change.
  await person.git(dir, 'config', 'gpg.ssh.allowedSignersFile', 'signers')
  box.write(join(colleague.dir, 'signers'), `eve@example.org ${eve.publicKey}\n`)
  await colleague.git('add', 'signers')
  colleague.policy((text) => text.replace(EVE, eve.publicKey))
  await colleague.push('Eve, another key', eve.flags)
  assert.match(
    await pull(),
    /not accepted by signature: gpg.ssh.allowedsignersfile leads into this work tree/,
  )
})

test.run()
