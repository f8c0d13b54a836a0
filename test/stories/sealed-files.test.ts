import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findPlaintext, isAge, Person, read, startRepository } from '../support/story.ts'

// `init --sealed`: secrets are ciphertext in the work tree of everybody, and all commands work on them.
const MARK = 'plain-mark-412'
const alice = await Person.create('alice')

/** A repository of alice's in which `secrets/**` stays ciphertext. */
class Sealed {
  readonly dir: string

  constructor(dir: string) {
    this.dir = dir
  }

  static async begin(name: string): Promise<Sealed> {
    const sealed = new Sealed(await startRepository(alice, name, ['--sealed']))
    await sealed.set('secrets/db', lines())
    await alice.commit(sealed.dir, 'base')
    return sealed
  }

  run(args: string[], options: { input?: string; env?: Record<string, string> } = {}) {
    return alice.box.run('git', args, { cwd: this.dir, ...options })
  }

  git(...args: string[]): Promise<string> {
    return alice.git(this.dir, ...args)
  }

  set(path: string, input: string): Promise<string> {
    return alice.box.ok('git', ['nixsecret', 'set', path], { cwd: this.dir, input })
  }

  show(path = 'secrets/db', ...more: string[]): Promise<string> {
    return this.git('nixsecret', 'show', path, ...more)
  }

  /** @param script what the editor does to its file, `$1` */
  edit(script: string, path = 'secrets/db') {
    const editor = alice.box.write('editor', `#!/bin/sh\n${script}\n`, 0o700)
    return this.run(['nixsecret', 'edit', path], { env: { GIT_EDITOR: editor } })
  }

  /** No plaintext in the work tree, below `.git` or in an object; nothing pending; nothing to mend. */
  async holds(content: string, path = 'secrets/db'): Promise<void> {
    assert.is(await this.show(path), content)
    await this.closed()
    assert.is(await this.git('status', '--porcelain'), '')
    assert.is((await this.run(['nixsecret', 'status'])).code, 0)
    assert.is((await this.run(['nixsecret', 'check', '--files'])).code, 0)
  }

  /** No plaintext in the work tree, below `.git` or in an object. */
  async closed(): Promise<void> {
    for (const file of alice.box.files(this.dir)) assert.not(readFileSync(file).includes(MARK), file)
    assert.equal(await findPlaintext(alice, this.dir, [MARK]), [])
  }
}

function lines(changes: Readonly<Record<number, string>> = {}): string {
  return Array.from({ length: 9 }, (_, i) => `${MARK} ${changes[i + 1] ?? i + 1}\n`).join('')
}

test('edit, set, show, branches, stash, rebase, lock, unlock, log and diff', async () => {
  const repo = await Sealed.begin('work')
  await repo.holds(lines())
  assert.is((await repo.edit(`sed -i 's/ 2$/ two/' "$1"`)).code, 0)
  await repo.closed()
  await repo.git('stash', '-q')
  assert.is(await repo.show(), lines())
  await repo.git('stash', 'pop', '-q', '--index')
  assert.is(await repo.show(), lines({ 2: 'two' }))
  await repo.git('commit', '-qm', 'two')
  assert.is((await repo.edit(`echo '${MARK} new' > "$1"`, 'secrets/new')).code, 0)
  await repo.git('commit', '-qm', 'new')
  await repo.git('checkout', '-qb', 'topic', 'HEAD~2')
  await repo.set('secrets/db', lines({ 8: 'eight' }))
  await repo.git('commit', '-qm', 'eight')
  await repo.git('rebase', '-q', 'main')
  await repo.holds(lines({ 2: 'two', 8: 'eight' }))
  await repo.holds(`${MARK} new\n`, 'secrets/new')
  assert.is(await repo.show('secrets/db', '--rev', 'HEAD~3'), lines())
  const unlock = await repo.run(['nixsecret', 'unlock'])
  assert.match(unlock.stderr, /kept as ciphertext by \.gitattributes .*: secrets\/db, secrets\/new$/m)
  await repo.git('nixsecret', 'lock')
  await repo.git('nixsecret', 'unlock')
  assert.not.match(await repo.git('log', '-p', '--all'), new RegExp(MARK))
  await repo.git('checkout', '-q', 'main')
  await repo.git('reset', '-q', '--hard', 'topic')
  await repo.holds(lines({ 2: 'two', 8: 'eight' }))
})

test('both sides change it: merged in the ciphertext, and a conflict is shown by edit alone', async () => {
  const repo = await Sealed.begin('merge')
  await repo.git('checkout', '-qb', 'topic')
  await repo.set('secrets/db', lines({ 2: 'two' }))
  await alice.commit(repo.dir, 'two')
  await repo.git('checkout', '-q', 'main')
  await repo.set('secrets/db', lines({ 8: 'eight' }))
  await alice.commit(repo.dir, 'eight')
  await repo.git('merge', '-q', '--no-edit', 'topic')
  await repo.holds(lines({ 2: 'two', 8: 'eight' }))
  await repo.git('checkout', '-q', 'topic')
  await repo.set('secrets/db', lines({ 2: 'zwei' }))
  await alice.commit(repo.dir, 'zwei')
  await repo.git('checkout', '-q', 'main')
  await repo.set('secrets/db', lines({ 2: 'deux', 8: 'eight' }))
  await alice.commit(repo.dir, 'deux')
  const merge = await repo.run(['merge', '--no-edit', 'topic'])
  assert.is(merge.code, 1)
  assert.match(merge.stderr, /the conflict is in the ciphertext/)
  assert.match(merge.stderr, /^hint: git nixsecret edit secrets\/db /m)
  assert.match((await repo.run(['nixsecret', 'status'])).stderr, /^hint: git nixsecret edit secrets\/db /m)
  await repo.closed()
  // As it is, it would be committed with its markers.
  assert.match((await repo.run(['add', 'secrets/db'])).stderr, /warning: secrets\/db holds conflict markers/)
  await repo.git('checkout', '--merge', '--', 'secrets/db')
  assert.match(await repo.show(), /^<{8} .*\n.* deux\n={8}\n.* zwei\n>{8} /m)
  assert.is((await repo.edit(`sed -i '/^[<=>]\\{8\\}/d; / deux$/d' "$1"`)).code, 0)
  await repo.git('commit', '-q', '--no-edit')
  await repo.holds(lines({ 2: 'zwei', 8: 'eight' }))
})

test('new readers, and a clone of somebody who has a key', async () => {
  const bob = await Person.create('bob')
  const repo = await Sealed.begin('readers')
  await repo.git('nixsecret', 'recipient', 'add', 'bob', bob.recipient)
  const policy = join(repo.dir, 'nixsecret.toml')
  alice.box.write(policy, readFileSync(policy, 'utf8').replace('to = ["alice"]', 'to = ["alice", "bob"]'))
  await repo.git('nixsecret', 'rekey')
  await repo.closed()
  await repo.git('commit', '-qam', 'for bob')
  await repo.holds(lines())
  const clone = bob.box.path('clone')
  await bob.box.ok('git', ['clone', '-q', repo.dir, clone])
  await bob.git(clone, 'nixsecret', 'init', '--sealed')
  assert.ok(isAge(read(clone, 'secrets/db') as Buffer))
  assert.is(await bob.git(clone, 'nixsecret', 'show', 'secrets/db'), lines())
  assert.is(await bob.git(clone, 'status', '--porcelain'), '')
  assert.equal(await findPlaintext(bob, clone, [MARK]), [])
})

test('plaintext written there by hand: git gets ciphertext, everybody says that it lies open, lock seals it', async () => {
  const repo = await Sealed.begin('by-hand')
  alice.box.write(join(repo.dir, 'secrets/hand'), `${MARK} hand\n`, 0o600)
  alice.box.write(join(repo.dir, 'secrets/db'), lines({ 1: 'one' }), 0o600)
  const says = async () => {
    const status = await repo.run(['nixsecret', 'status'])
    assert.is(status.code, 1)
    assert.is(status.out.match(/plaintext here, but to stay ciphertext/g)?.length, 2)
    const doctor = await repo.run(['nixsecret', 'doctor'])
    assert.is(doctor.code, 1)
    assert.match(doctor.out, /2 files: plaintext here, but to stay ciphertext/)
    const check = await repo.run(['nixsecret', 'check', '--files'])
    assert.is(check.code, 1)
    assert.match(check.out, /^ +git nixsecret lock -- secrets\/hand$/m)
    return /(?<=^hint: )git add .*$/m.exec(status.stderr)?.[0] ?? 'false'
  }
  await says()
  const add = await repo.run(['add', '-A'])
  assert.match(
    add.stderr,
    /still plaintext in the work tree, though to stay ciphertext there: secrets\/db, secrets\/hand$/m,
  )
  assert.equal(await findPlaintext(alice, repo.dir, [MARK]), [])
  const hint = await says()
  await alice.box.ok('sh', ['-c', hint], { cwd: repo.dir })
  await repo.git('commit', '-qm', 'hand')
  await repo.holds(lines({ 1: 'one' }))
  await repo.holds(`${MARK} hand\n`, 'secrets/hand')
})

test('beside files that lie open: each as its attribute says', async () => {
  const repo = await Sealed.begin('mixed')
  await repo.git('nixsecret', 'init', '--path', 'hosts')
  alice.box.write(join(repo.dir, 'hosts/a'), 'open-mark-413\n', 0o600)
  await repo.git('add', '-A')
  await repo.git('commit', '-qm', 'hosts')
  for (const command of ['lock', 'unlock']) {
    await repo.git('nixsecret', command)
    assert.is(isAge(read(repo.dir, 'hosts/a') as Buffer), command === 'lock')
    assert.ok(isAge(read(repo.dir, 'secrets/db') as Buffer))
  }
  await repo.git('checkout', '-q', 'HEAD~')
  await repo.git('checkout', '-q', 'main')
  assert.is(read(repo.dir, 'hosts/a')?.toString(), 'open-mark-413\n')
  assert.is(await repo.show(), lines())
  await repo.closed()
  assert.equal(await findPlaintext(alice, repo.dir, ['open-mark-413']), [])
})

test.run()
