import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { acceptAll } from '../support/accept.ts'
import { needs } from '../support/needs.ts'
import { nixPrograms } from '../support/nix.ts'
import { findPlaintext } from '../support/story.ts'
import { AuditPlace, isThere, SECRETS, TELLING, told } from './audit-kit.ts'

const test = suite('audit: what it says and removes')

const [program] = needs('audit, its command', 'nix', 'bzip2') ? nixPrograms() : []

/** A builder that keeps a secret in its output. */
const BUILT = `{ repo }: derivation { name = "kept"; system = builtins.currentSystem; builder = "/bin/sh";
  args = [ "-c" "while read l; do echo \\"$l\\"; done < \${repo + "/secrets/token"} > $out" ]; }`
const COPY = (path: string) =>
  `{ repo }: derivation { name = "x"; system = "none"; builder = "/bin/sh"; a = "\${repo + "/${path}"}"; }`

if (program !== undefined) {
  test('a path that a root holds is reported with the root, and stays', async () => {
    const place = await AuditPlace.shared(program)
    const result = place.person.box.path('result')
    await place.build(BUILT, ['-o', result])
    const found = await place.audit()
    const out = found.leaks.find(({ place }) => place.endsWith('-kept'))
    assert.equal(out?.roots, [result])
    const text = await place.run()
    assert.is(text.code, 1)
    assert.match(text.out, `  held by ${result}\n`)
    assert.match(text.stderr, `hint: rm ${result}\n`)
    const removal = await place.audit(['--delete'])
    assert.is(removal.code, 1)
    assert.equal(removal.kept, [{ place: out?.place, why: 'a root holds it' }])
    assert.ok(isThere(out?.place ?? ''))
    const left = await place.audit()
    assert.equal([...new Set(left.leaks.map(({ place }) => place))], [out?.place])
    await place.person.box.ok('rm', [result])
    assert.equal((await place.audit(['--delete'])).kept, [])
    await place.isClean(['--deep'])
  })

  test('what the hints say removes it, too', async () => {
    const place = await AuditPlace.shared(program)
    await place.nix.ok('nix', ['eval', '--raw', '.#read'], { cwd: place.repo })
    await place.instantiate(COPY('secrets/token'))
    const { stderr } = await place.run()
    const hints = stderr.split('\n').flatMap((line) => /^hint: ((?:rm|nix-store) .*)$/.exec(line)?.[1] ?? [])
    assert.is(hints.length, 2)
    for (const hint of hints) await place.nix.ok('sh', ['-c', hint])
    await place.isClean(['--deep'])
  })

  test('what the policy lets into the store is no finding', async () => {
    const place = await AuditPlace.make(program)
    const policy = readFileSync(join(place.repo, 'nixsecret.toml'), 'utf8')
    place.put('nixsecret.toml', `${policy}\n[[rule]]\npaths = ["/secrets/token"]\nstore = "plaintext"\n`)
    await place.instantiate(COPY('secrets/token'))
    assert.is((await place.audit()).code, 1, 'before it is accepted')
    await acceptAll(place.person.box, place.repo)
    const { code, leaks } = await place.audit()
    assert.is(code, 0)
    assert.equal(
      [...new Set(leaks.map(({ secret, allowed }) => `${secret} ${allowed}`))],
      ['secrets/token true'],
    )
    await place.audit(['--delete'])
    assert.ok(isThere(leaks[0]?.path ?? ''))
    assert.match((await place.run()).out, 'allowed by nixsecret.toml')
  })

  test('--history finds what a secret was, and --deep what is anywhere', async () => {
    const place = await AuditPlace.make(program)
    await place.instantiate(COPY('secrets/token'))
    await place.commit({ 'secrets/token': 'tok_00000new00000new9876\n' })
    await place.isClean()
    const found = await place.audit(['--history'])
    assert.is(found.code, 1)
    const commit = (await place.person.git(place.repo, 'rev-parse', '--short=12', 'HEAD~1')).trim()
    assert.ok(found.leaks.every(({ version, secret }) => version === commit && secret === 'secrets/token'))
    assert.match((await place.run(['--history'])).out, `all of secrets/token as of ${commit}`)
    await place.audit(['--history', '--delete'])
    await place.isClean(['--history'])
  })

  test('--history looks at paths that were protected once, on any branch', async () => {
    const place = await AuditPlace.make(program)
    const git = (...args: string[]) => place.person.git(place.repo, ...args)
    await place.instantiate(COPY('hosts/web/secrets/pin'))
    await git('checkout', '-q', '-b', 'other')
    await git('rm', '-rq', 'hosts')
    place.put('.gitattributes', 'secrets/** filter=nixsecret diff=nixsecret merge=nixsecret -text\n')
    await place.commit({})
    await place.isClean()
    assert.ok(
      (await place.audit(['--history'])).leaks.some(({ secret }) => secret === 'hosts/web/secrets/pin'),
    )
  })

  test('without a key there is no all-clear', async () => {
    const place = await AuditPlace.make(program)
    await place.person.git(place.repo, 'nixsecret', 'lock')
    await place.isClean()
    const env = { HOME: place.person.box.path('nobody'), XDG_CONFIG_HOME: place.person.box.path('nobody') }
    const { code, faults, complete } = await place.audit([], { env })
    assert.is(code, 2)
    assert.is(complete, false)
    for (const path of Object.keys(SECRETS))
      assert.ok(faults.some((fault) => fault.startsWith(path) && fault.endsWith('no key here opens it')))
    const { stderr } = await place.run([], { env })
    assert.match(stderr, 'this is no all-clear')
  })

  test('what is found although a secret is locked is told', async () => {
    const place = await AuditPlace.make(program)
    await place.instantiate(COPY('secrets/token'))
    await place.person.git(place.repo, 'nixsecret', 'lock', 'secrets/db.env')
    const env = { HOME: place.person.box.path('nobody'), XDG_CONFIG_HOME: place.person.box.path('nobody') }
    const { code, leaks, faults } = await place.audit([], { env })
    assert.is(code, 1)
    assert.ok(leaks.some(({ secret }) => secret === 'secrets/token'))
    assert.ok(faults.length > 0)
  })

  test('a log or a cache that cannot be read is no all-clear', async () => {
    const place = await AuditPlace.shared(program)
    const log = join(place.nix.dir, 'log/drvs/ab/x.drv.bz2')
    place.person.box.write(log, 'not compressed')
    const first = await place.audit()
    assert.is(first.code, 2)
    assert.match(first.faults.join(), `${log} was not looked at: bzip2 failed`)
    await place.fresh()
    mkdirSync(join(place.nix.dir, 'cache/nix/gitv3/broken/objects'), { recursive: true })
    place.person.box.write(join(place.nix.dir, 'cache/nix/gitv3/broken/HEAD'), 'nonsense')
    const second = await place.audit()
    assert.is(second.code, 2)
    assert.match(second.faults.join(), 'gitv3/broken was not looked at')
  })

  test('git objects of caches, logs that are not compressed, and write-ahead logs', async () => {
    const place = await AuditPlace.shared(program)
    const { box } = place.person
    const git = join(place.nix.dir, 'cache/nix/gitv3/0abc')
    await box.ok('git', ['init', '-q', '--bare', git])
    await box.ok('git', ['--git-dir', git, 'hash-object', '-w', '--stdin'], {
      input: SECRETS['secrets/token'],
    })
    await box.ok('git', ['--git-dir', git, 'hash-object', '-w', '--stdin'], {
      input: `x\n${SECRETS['secrets/db.env']}y`,
    })
    const log = box.write(join(place.nix.dir, 'log/drvs/ab/x.drv'), `> ${SECRETS['secrets/token']}`)
    const cache = join(place.nix.dir, 'cache/nix/eval-cache-v5/00.sqlite')
    box.write(cache, 'SQLite format 3\0')
    box.write(`${cache}-wal`, `\0\0${SECRETS['secrets/token']}`)
    const { leaks } = await place.audit()
    assert.equal(told(leaks), [
      'build-log text secrets/token 1',
      'eval-cache text secrets/token 1',
      'git-cache file secrets/token -',
      'git-cache text secrets/db.env 2',
      'git-cache text secrets/db.env 3',
      'git-cache text secrets/token 1',
    ])
    const { removed } = await place.audit(['--delete'])
    assert.equal([...(removed ?? [])].sort(), [cache, git, log].sort())
    await place.isClean()
  })

  test('the key of git-crypt in a copy of the repository', async () => {
    const place = await AuditPlace.make(program)
    place.person.box.write(
      join(place.repo, '.git/git-crypt/keys/default'),
      Buffer.from(Array.from({ length: 148 }, (_, at) => at)),
    )
    await place.nix.ok('nix', ['eval', '--raw', `path:${place.repo}#none`])
    const { leaks } = await place.audit()
    const key = leaks.find(({ path }) => path.endsWith('/.git/git-crypt/keys/default'))
    assert.is(key?.['private-key'], true)
    assert.is(key?.form, 'file')
  })

  test('only what is named is looked for', async () => {
    const place = await AuditPlace.shared(program)
    await place.instantiate(COPY('secrets/token'))
    assert.is((await place.audit(['secrets/db.env', 'hosts'])).code, 0)
    assert.is((await place.audit(['secrets'])).code, 1)
    assert.is((await place.run(['flake.nix'])).code, 2)
  })

  test('a secret that also stands in a file that is not encrypted is no all-clear', async () => {
    const place = await AuditPlace.make(program, {
      'configuration.nix': `{ t = "${SECRETS['secrets/token'].trim()}"; }`,
    })
    const { code, faults } = await place.audit()
    assert.is(code, 2)
    assert.match(faults.join(), 'secrets/token, line 1: stands in configuration.nix')
  })

  test('names and links, deep; a file further in only deep', async () => {
    const place = await AuditPlace.shared(program)
    const entry = join(place.nix.store, '00000000000000000000000000000000-x')
    mkdirSync(join(entry, 'tok_9f8e7d6c5b4a39281706'), { recursive: true })
    symlinkSync('/somewhere/tok_9f8e7d6c5b4a39281706', join(entry, 'link'))
    writeFileSync(join(entry, 'other'), SECRETS['secrets/token'])
    await place.isClean()
    const { leaks } = await place.audit(['--deep'])
    assert.equal([...new Set(leaks.map((leak) => leak.in))].sort(), ['content', 'name', 'target'])
  })

  test('a name that holds a secret is not told, and is removed all the same', async () => {
    const place = await AuditPlace.shared(program)
    const name = 'tok_9f8e7d6c5b4a39281706'
    await place.instantiate(
      `{ repo }: derivation { name = "${name}"; system = "none"; builder = builtins.toFile "${name}" "x"; }`,
    )
    const { leaks } = await place.audit()
    assert.is(leaks.length >= 2, true)
    for (const leak of leaks) assert.match(leak.place, /\/[0-9a-z]{32}-\*$/)
    assert.match((await place.run()).stderr, /^hint: nix-store .*-\*/m)
    assert.equal((await place.audit(['--delete'])).kept, [])
    await place.isClean()
  })

  test('where there is no store, that is said', async () => {
    const place = await AuditPlace.shared(program)
    const { code, stderr } = await place.run([], { env: { NIX_STORE_DIR: '/nowhere/at/all' } })
    assert.is(code, 0)
    assert.match(stderr, 'no store at /nowhere/at/all')
    // One that was named was to be looked at.
    const named = await place.run(['--store', '/nowhere/at/all'])
    assert.is(named.code, 2)
    assert.match(named.stderr, 'there is no store at /nowhere/at/all')
  })

  test('nothing of a secret is written anywhere', async () => {
    const place = await AuditPlace.shared(program)
    const { box } = place.person
    await place.instantiate(COPY('secrets/token'))
    const tmp = box.path('tmp')
    mkdirSync(tmp)
    for (const args of [['--deep'], ['--history'], ['--delete']])
      await place.run(args, { env: { TMPDIR: tmp } })
    assert.equal(readdirSync(tmp), [])
    assert.equal(await place.nix.find(['tok_9f8e7d6c5b4a39281706', 'here-9fKe83']), [])
    for (const file of box.files(box.home))
      assert.not.ok(
        TELLING.some((text) => readFileSync(file).includes(text)),
        file,
      )
    assert.equal(
      await findPlaintext(place.person, place.repo, ['tok_9f8e7d6c5b4a39281706', 'here-9fKe83']),
      [],
    )
  })
}

test.run()
