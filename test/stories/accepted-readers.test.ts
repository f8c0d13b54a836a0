import { copyFileSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { AgeIdentity } from '../../src/age/identity.ts'
import { parseIdentityFile } from '../../src/age/identity-file.ts'
import { openBlob } from '../../src/blob/open-blob.ts'
import { pending } from '../../src/blob/trust/pending.ts'
import { observe } from '../../src/blob/trust/seen/observe.ts'
import type { Change } from '../../src/policy/change.ts'
import { acceptAll, asUser } from '../support/accept.ts'
import { GitStory, secret } from '../support/git-story.ts'
import { makeSshKey } from '../support/ssh-key.ts'

/** Alice's repository, and a clone from which somebody pushes what they like. */
class Attack {
  readonly story: GitStory
  readonly evil: string
  readonly key: string
  readonly #identities: readonly AgeIdentity[]

  private constructor(story: GitStory, key: string, identities: readonly AgeIdentity[]) {
    this.story = story
    this.evil = story.person.box.path('evil')
    this.key = key
    this.#identities = identities
  }

  static async begin(): Promise<Attack> {
    const story = await GitStory.withoutHooks()
    const { box } = story.person
    const file = box.path('mallory')
    await makeSshKey(box, file, 'mallory')
    const key = readFileSync(`${file}.pub`, 'utf8').trim()
    const never = async () => null
    const identities = await parseIdentityFile(readFileSync(file), file, never, {
      agent: () => Promise.reject(new Error('no agent')),
      plugins: null,
    })
    await story.git('clone', '-q', story.dir, box.path('evil'))
    return new Attack(story, key, identities)
  }

  /** A commit of Mallory's that Alice pulls. */
  async push(change: (git: (...args: string[]) => Promise<string>) => Promise<void> | void): Promise<void> {
    const { box } = this.story.person
    const git = (...args: string[]) =>
      box.ok('git', ['-c', 'filter.nixsecret.process=', '-c', 'core.hooksPath=/dev/null', ...args], {
        cwd: this.evil,
      })
    await git('pull', '-q', '--ff-only')
    await change(git)
    await git('add', '-A')
    await git('commit', '-qm', 'harmless')
    await this.story.git('pull', '-q', '--ff-only', this.evil, 'main')
  }

  policy(change: (text: string) => string): void {
    const file = join(this.evil, 'nixsecret.toml')
    writeFileSync(file, change(readFileSync(file, 'utf8')))
  }

  async gains(): Promise<readonly Change[]> {
    return asUser(this.story.person.box, this.story.dir, async (repo) => (await pending(repo)).gains)
  }

  observe(): Promise<void> {
    return asUser(this.story.person.box, this.story.dir, observe)
  }

  accept(): Promise<void> {
    return acceptAll(this.story.person.box, this.story.dir)
  }

  /** Objects that Mallory's key opens. */
  async opens(): Promise<number> {
    const args = ['cat-file', '--batch-all-objects', '--batch-check=%(objectname) %(objecttype)']
    let count = 0
    for (const line of (await this.story.git(...args)).split('\n')) {
      const [oid = '', type] = line.split(' ')
      if (type !== 'blob') continue
      const { stdout } = await this.story.tryGit('cat-file', 'blob', oid)
      if ((await openBlob(stdout, this.#identities)).state === 'open') count++
    }
    return count
  }
}

const withMallory = (key: string) => (text: string) =>
  text
    .replace('[recipients]\n', `[recipients]\nmallory = "${key}"\n`)
    .replace('to = ["', 'to = ["mallory", "')

test('a newcomer by push: unchanged secrets stay, changed ones and new ones are closed to them, until accepted', async () => {
  const attack = await Attack.begin()
  const { story } = attack
  const before = await story.id('secrets/db')
  await attack.push(() => attack.policy(withMallory(attack.key)))
  story.touchAll()
  assert.is(await story.status(), '')
  await story.git('add', '--renormalize', '.')
  assert.is(await story.id('secrets/db'), before)
  story.write('secrets/db', secret({ 3: 'changed' }))
  story.write('secrets/new', secret({ 1: 'new' }))
  await story.git('add', '-A')
  assert.is.not(await story.id('secrets/db'), before)
  const set = await story.person.box.run('git-nixsecret', ['set', 'secrets/set'], {
    cwd: story.dir,
    input: secret(),
  })
  assert.is(set.code, 0, set.stderr)
  assert.not.match(set.stderr, /, encrypted for .*mallory/)
  assert.match(set.stderr, /warning: secrets\/set: not encrypted for mallory/)
  const rekey = await story.tryGit('nixsecret', 'rekey')
  assert.is(rekey.code, 2)
  assert.match(rekey.stderr, /not encrypted again: .*secrets\/db/)
  assert.match(rekey.stderr, 'hint: git nixsecret trust')
  assert.is(await attack.opens(), 0)
  // What Alice says of others does not accept Mallory.
  const bob = await makeKey(story, 'bob')
  await story.git('nixsecret', 'recipient', 'add', 'bob', bob)
  const kinds = (await attack.gains()).map((change) =>
    change.kind === 'reader' ? change.names.join() : change.kind,
  )
  assert.equal(kinds, ['mallory'])
  await story.tryGit('nixsecret', 'rekey')
  assert.is(await attack.opens(), 0)
  await attack.accept()
  assert.equal(await attack.gains(), [])
  await story.git('nixsecret', 'rekey')
  assert.ok((await attack.opens()) >= 3)
  await story.commit('rekeyed')
  await story.finish()
})

test('same name, other key; a removed reader who comes back; a policy that is a symlink', async () => {
  const attack = await Attack.begin()
  const { story } = attack
  const own = story.person.recipient
  await attack.push(() => attack.policy((text) => text.replace(own, attack.key)))
  story.write('secrets/db', secret({ 2: 'closed' }))
  const refused = await story.tryGit('add', 'secrets/db')
  assert.is.not(refused.code, 0)
  assert.match(refused.stderr, 'have not accepted that alice may read it')
  assert.match(refused.stderr, 'hint: git nixsecret trust')
  assert.is(await attack.opens(), 0)
  await story.git('checkout', '-q', '--', 'secrets/db')
  assert.is(await story.status(), '')
  await attack.push(() => attack.policy((text) => text.replace(attack.key, own)))
  // A key that went and came back is new, one's own as well.
  const [back, ...others] = await attack.gains()
  assert.ok(back?.kind === 'reader' && back.instead.length === 0 && others.length === 0)
  await attack.accept()
  // Accepted once, taken out by a commit, and back.
  await attack.push(() => attack.policy(withMallory(attack.key)))
  await attack.accept()
  await attack.push(() => attack.policy((text) => text.replace('"mallory", ', '')))
  await attack.observe()
  await attack.push(() => attack.policy((text) => text.replace('to = ["', 'to = ["mallory", "')))
  await attack.observe()
  assert.is((await attack.gains())[0]?.kind, 'reader')
  story.write('secrets/db', secret({ 2: 'after' }))
  await story.git('add', 'secrets/db')
  assert.is(await attack.opens(), 0)
  await story.git('reset', '-q', '--hard')
  await attack.push(() => {
    const file = join(attack.evil, 'nixsecret.toml')
    rmSync(file)
    writeFileSync(join(attack.evil, 'elsewhere.toml'), withMallory(attack.key)(story.text('nixsecret.toml')))
    symlinkSync('elsewhere.toml', file)
  })
  story.touchAll()
  assert.is(await story.status(), '')
  story.write('secrets/db', secret({ 2: 'linked' }))
  const linked = await story.tryGit('add', 'secrets/db')
  assert.match(linked.stderr, 'nixsecret.toml is not a regular file')
  rmSync(join(story.dir, 'nixsecret.toml'))
  assert.match((await story.tryGit('add', 'secrets/db')).stderr, 'nixsecret.toml is not a regular file')
  assert.is(await attack.opens(), 0)
})

test('a secret moved under a wider rule, or copied over another one, stays with its readers', async () => {
  const attack = await Attack.begin()
  const { story } = attack
  const wider = `\n[[rule]]\npaths = ["/secrets/dev/**"]\nto = ["mallory", "alice"]\n`
  await attack.push(() =>
    attack.policy(
      (text) => text.replace('[recipients]\n', `[recipients]\nmallory = "${attack.key}"\n`) + wider,
    ),
  )
  await attack.accept()
  story.write('secrets/dev/own', secret({ 1: 'for mallory, too' }))
  await story.commit('dev')
  assert.is(await attack.opens(), 1)
  await attack.push(async (git) => {
    await git('mv', 'secrets/db', 'secrets/dev/db')
    await git('checkout', 'HEAD~1', '--', 'secrets/db').catch(() => '')
    copyFileSync(join(attack.evil, 'secrets/dev/db'), join(attack.evil, 'secrets/dev/own'))
  })
  const moved = (await attack.gains()).filter(({ kind }) => kind === 'moved')
  assert.equal(moved.map((change) => change.kind === 'moved' && change.path).sort(), [
    'secrets/dev/db',
    'secrets/dev/own',
  ])
  assert.is(moved[0]?.kind === 'moved' && moved[0].names.join(), 'mallory')
  const rekey = await story.tryGit('nixsecret', 'rekey')
  assert.is(rekey.code, 2, rekey.stderr)
  story.write('secrets/dev/db', secret({ 1: 'edited' }))
  story.write('secrets/dev/own', secret({ 1: 'edited, too' }))
  await story.git('add', '-A')
  await story.git('nixsecret', 'rekey', 'secrets/db').catch(() => '')
  assert.is(await attack.opens(), 1)
  await attack.accept()
  await story.git('nixsecret', 'rekey')
  assert.is(await attack.opens(), 3)
})

test('lost protection, plaintext for the store, and a state that is damaged or gone', async () => {
  const attack = await Attack.begin()
  const { story } = attack
  const { box } = story.person
  await attack.push(() => {
    attack.policy((text) => `${text}\n[[rule]]\npaths = ["**"]\nstore = "plaintext"\n`)
    writeFileSync(join(attack.evil, '.gitattributes'), '* -filter\n', { flag: 'a' })
  })
  const kinds = (await attack.gains()).map(({ kind }) => kind)
  assert.equal(kinds, ['store', 'unprotected'])
  const [, lost] = await attack.gains()
  assert.equal(lost?.kind === 'unprotected' && [lost.line, lost.paths], ['* -filter', ['secrets/db']])
  const sealed = await story.tryGit('nixsecret', 'sealed', 'true')
  assert.match(sealed.stderr, 'secrets/db was a secret, and no .gitattributes line makes it one any more')
  await attack.push(() =>
    writeFileSync(
      join(attack.evil, '.gitattributes'),
      'secrets/** filter=nixsecret\nmore/** filter=nixsecret\n',
    ),
  )
  const open = await story.tryGit('nixsecret', 'sealed', 'true')
  assert.match(open.stderr, 'would enter the Nix store as plaintext')
  const [file = ''] = box.files(join(box.home, '.local/state/git-nixsecret/trust'))
  for (const damage of ['{"version":1', null]) {
    if (damage === null) rmSync(file)
    else writeFileSync(file, damage, { mode: 0o600 })
    story.touchAll()
    assert.is(await story.status(), '')
    story.write('secrets/db', secret({ 4: `then ${damage}` }))
    const refused = await story.tryGit('add', 'secrets/db')
    assert.match(refused.stderr, damage === null ? 'is not there' : 'is damaged')
    await story.git('checkout', '-q', '--', 'secrets/db')
    const again = await story.git('nixsecret', 'init', '--no-hooks')
    assert.not.match(again, 'accepted readers')
  }
  await attack.accept()
  story.write('secrets/db', secret({ 4: 'accepted' }))
  await story.git('add', 'secrets/db')
  assert.is(await attack.opens(), 0)
})

async function makeKey({ person: { box } }: GitStory, name: string): Promise<string> {
  await makeSshKey(box, box.path(name), name)
  return readFileSync(`${box.path(name)}.pub`, 'utf8').trim()
}

test.run()
