import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { acceptAll } from '../support/accept.ts'
import { needs } from '../support/needs.ts'
import { blobOf, findPlaintext, isAge, Person, read, startRepository } from '../support/story.ts'

const MARK = 'plain-mark-60'

async function start() {
  const [alice, bob] = await Promise.all([Person.create('alice'), Person.create('bob')])
  const dir = await startRepository(alice, 'repo', ['--recipient', `bob=${bob.recipient}`])
  for (const file of ['a', 'b', 'c']) alice.box.write(join(dir, 'secrets', file), `${MARK} ${file}`)
  alice.box.write(join(dir, 'secrets/empty'), '')
  await alice.git(dir, 'add', '-A')
  await alice.commit(dir, 'secrets')
  const run = (args: string[], options: { cwd?: string; env?: Record<string, string> } = {}) =>
    alice.box.run('git-nixsecret', args, { cwd: dir, ...options })
  const status = () => alice.git(dir, 'status', '--porcelain')
  const oids = async () => (await alice.git(dir, 'ls-files', '-s', 'secrets')).split('\n').slice(0, -1)
  /** Whether bob's key opens a blob, by the real age. */
  const bobOpens = async (name: string) => {
    const key = join(bob.box.home, '.ssh/id_ed25519')
    return (await bob.box.run('age', ['-d', '-i', key], { input: await blobOf(alice, dir, name) })).code === 0
  }
  return { alice, bob, dir, run, status, oids, bobOpens }
}

async function clean(person: Person, dir: string) {
  assert.equal(await findPlaintext(person, dir, [MARK]), [])
}

test('a removed reader cannot read what rekey stages; the work tree keeps its plaintext', async () => {
  if (!needs('rekey judged by age', 'age')) return
  const { alice, dir, run, status, oids, bobOpens } = await start()
  assert.is(await bobOpens(':secrets/a'), true)
  const before = await oids()
  await run(['recipient', 'remove', 'bob'])
  const dry = await run(['rekey', '--dry-run'])
  assert.is(dry.code, 0, dry.stderr)
  assert.is(
    dry.out,
    'FILE       GAINS  LOSES\nsecrets/a  –      bob\nsecrets/b  –      bob\nsecrets/c  –      bob\n',
  )
  assert.equal(await oids(), before)
  const done = await run(['rekey'])
  assert.is(done.code, 0, done.stderr)
  assert.match(
    done.stderr,
    /staged 3 files; 1 file fit already\nhint: git add nixsecret\.toml\nhint: git commit/,
  )
  assert.is(await status(), ' M nixsecret.toml\nM  secrets/a\nM  secrets/b\nM  secrets/c\n')
  assert.is(read(dir, 'secrets/a')?.toString(), `${MARK} a`)
  assert.is(await bobOpens(':secrets/a'), false)
  assert.is((await run(['show', '--rev', ':', 'secrets/a'])).code, 2)
  await alice.git(dir, 'commit', '-qam', 'rekey')
  await alice.box.ok('touch', ['secrets/a', 'secrets/b'], { cwd: dir })
  assert.is(await status(), '')
  assert.match((await run(['rekey'])).stderr, /nothing to do: 4 files/)
  const check = await run(['check'])
  assert.is(check.code, 0, check.out)
  await clean(alice, dir)
})

test('only what is stale, and of that only what is named, changes', async () => {
  const { alice, dir, run, oids } = await start()
  const policy = readFileSync(join(dir, 'nixsecret.toml'), 'utf8')
  const rule = `\n[[rule]]\npaths = ["/secrets/b"]\nto = ["bob"]\n[[rule]]\npaths = ["/secrets/c"]\nto = ["bob"]\n`
  alice.box.write(join(dir, 'nixsecret.toml'), policy + rule)
  await alice.git(dir, 'add', 'nixsecret.toml')
  await alice.git(dir, 'commit', '-qm', 'rules')
  const before = await oids()
  const json = JSON.parse((await run(['rekey', '--json', 'b'], { cwd: join(dir, 'secrets') })).out)
  assert.is(json.done, true)
  assert.is(json.files.length, 1)
  assert.is(json.files[0].path, 'secrets/b')
  assert.equal(json.files[0].gains, [])
  assert.is(json.files[0].loses.length, 1)
  assert.is(json.files[0].known, true)
  const after = await oids()
  assert.equal(
    after.map((line, i) => line === before[i]),
    [true, false, true, true],
  )
  // Not `status`: git may have to look at c again, whose clean form is another blob now.
  assert.is(await alice.git(dir, 'diff', '--cached', '--name-only'), 'secrets/b\n')
  await clean(alice, dir)
})

test('all or nothing: one file that no key opens, or that is damaged, and nothing changes', async () => {
  const { alice, bob, dir, run, status, oids } = await start()
  const theirs = await startRepository(bob)
  await bob.box.run('git-nixsecret', ['set', 'secrets/x'], { cwd: theirs, input: `${MARK} x` })
  const foreign = await blobOf(bob, theirs, ':secrets/x')
  const stage = async (path: string, content: Buffer) => {
    const args = ['hash-object', '-w', '--stdin', '--no-filters']
    const oid = (await alice.box.run('git', args, { cwd: dir, input: content })).out.trim()
    await alice.git(dir, 'update-index', '--add', '--cacheinfo', `100644,${oid},${path}`)
  }
  await stage('secrets/foreign', foreign)
  await acceptAll(alice.box, dir)
  await run(['recipient', 'remove', 'bob'])
  const before = await oids()
  const locked = await run(['rekey'])
  assert.is(locked.code, 2)
  assert.match(locked.stderr, /no private key here opens secrets\/foreign, so nothing was changed/)
  assert.equal(await oids(), before)
  await alice.git(dir, 'rm', '-q', '--cached', '-f', 'secrets/foreign')
  const whole = await blobOf(alice, dir, ':secrets/b')
  whole[whole.length - 1] = (whole.at(-1) as number) ^ 1
  await stage('secrets/b', whole)
  const beforeDamage = await oids()
  const damaged = await run(['rekey'])
  assert.is(damaged.code, 2)
  assert.match(damaged.stderr, /secrets\/b is damaged: .*nothing was changed/)
  assert.equal(await oids(), beforeDamage)
  assert.match(await status(), /^ M nixsecret\.toml\n/)
  // What shows to be broken without a key is named and left out.
  await stage('secrets/b', whole.subarray(0, -20))
  const rest = await run(['rekey'])
  assert.is(rest.code, 1, rest.stderr)
  assert.match(rest.stderr, /warning: secrets\/b is damaged/)
  assert.match(rest.stderr, /staged 2 files/)
  await clean(alice, dir)
})

test('unstaged edits stay, locked files become the new ciphertext, deleted ones stay deleted', async () => {
  const { alice, dir, run, status } = await start()
  await run(['lock', 'secrets/b'])
  await alice.box.ok('rm', ['secrets/c'], { cwd: dir })
  alice.box.write(join(dir, 'secrets/a'), `${MARK} edited`)
  await run(['recipient', 'remove', 'bob'])
  const done = await run(['rekey'])
  assert.is(done.code, 0, done.stderr)
  assert.is(read(dir, 'secrets/a')?.toString(), `${MARK} edited`)
  assert.is((read(dir, 'secrets/b') as Buffer).equals(await blobOf(alice, dir, ':secrets/b')), true)
  assert.is(read(dir, 'secrets/c'), null)
  assert.is(await status(), ' M nixsecret.toml\nMM secrets/a\nM  secrets/b\nMD secrets/c\n')
  await run(['unlock'])
  assert.is(read(dir, 'secrets/b')?.toString(), `${MARK} b`)
  await clean(alice, dir)
})

test("large and armored files, an executable one, another tool's, and one outside of a sparse checkout", async () => {
  if (!needs('rekey of files of age', 'age')) return
  const { alice, dir, run, status, bobOpens } = await start()
  const large = Buffer.from(`${MARK} ${'y'.repeat(50)}\n`.repeat(400_000))
  alice.box.write(join(dir, 'secrets/large'), large, 0o755)
  const pub = join(alice.box.home, '.ssh/id_ed25519.pub')
  const armored = (await alice.box.run('age', ['-a', '-R', pub], { input: `${MARK} armored` })).stdout
  await alice.box.run('git-nixsecret', ['set', '--sealed', 'secrets/armored'], { cwd: dir, input: armored })
  await alice.git(dir, 'add', '-A')
  await alice.commit(dir, 'more')
  await alice.git(dir, 'sparse-checkout', 'set', '--no-cone', '/*', '!/secrets/c')
  await run(['recipient', 'remove', 'bob'])
  const done = await run(['rekey'])
  assert.is(done.code, 0, done.stderr)
  assert.match(done.out, /secrets\/armored +\? +\?/)
  assert.is(read(dir, 'secrets/large')?.equals(large), true)
  assert.match((await blobOf(alice, dir, ':secrets/armored')).toString(), /^-----BEGIN AGE/)
  assert.match(await alice.git(dir, 'ls-files', '-s', 'secrets/large'), /^100755/)
  for (const file of ['large', 'armored', 'c']) assert.is(await bobOpens(`:secrets/${file}`), false)
  assert.is(
    await status(),
    ' M nixsecret.toml\nM  secrets/a\nM  secrets/armored\nM  secrets/b\nM  secrets/c\nM  secrets/large\n',
  )
  assert.is(read(dir, 'secrets/c'), null)
  assert.is((await run(['show', 'secrets/large'])).stdout.equals(large), true)
  await clean(alice, dir)
})

test('a passphrase is asked for once', async () => {
  if (!needs('rekey with a passphrase', 'expect', 'ssh-keygen')) return
  const { alice, dir, run, status } = await start()
  const key = join(alice.box.home, '.ssh/id_ed25519')
  await run(['recipient', 'remove', 'bob'])
  await alice.box.ok('ssh-keygen', ['-q', '-p', '-Z', 'aes256-ctr', '-N', 'open sesame', '-P', '', '-f', key])
  const refused = await run(['rekey'])
  assert.is(refused.code, 2)
  const script = `set timeout 60
log_user 1
spawn git-nixsecret rekey
expect -re {[Pp]assphrase[^\\n]*: ?$}
send "open sesame\\r"
expect {
  -re {[Pp]assphrase[^\\n]*: ?$} { exit 9 }
  eof
}
lassign [wait] pid spawn os code
exit $code`
  const done = await alice.box.run('expect', ['-c', script], { cwd: dir })
  assert.is(done.code, 0, done.out)
  assert.match(await status(), /M {2}secrets\/a\nM {2}secrets\/b\nM {2}secrets\/c/)
  assert.is(read(dir, 'secrets/a')?.toString(), `${MARK} a`)
  await clean(alice, dir)
})

test('a policy that names nobody, or mixes keys, changes nothing', async () => {
  const { alice, dir, run, oids } = await start()
  const before = await oids()
  const policy = readFileSync(join(dir, 'nixsecret.toml'), 'utf8')
  alice.box.write(join(dir, 'nixsecret.toml'), policy.replace(/^\[default\]\nto = .*$/m, ''))
  const nobody = await run(['rekey'])
  assert.is(nobody.code, 2)
  assert.match(nobody.stderr, /names no reader for secrets\/a/)
  alice.box.write(join(dir, 'nixsecret.toml'), '<<<<<<< ours\n')
  assert.is((await run(['rekey'])).code, 2)
  assert.equal(await oids(), before)
  assert.is(isAge(await blobOf(alice, dir, ':secrets/a')), true)
})

test.run()
