import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { has, needs } from '../support/needs.ts'
import { NixPlace, nixPrograms } from '../support/nix.ts'
import { makeSshKey } from '../support/ssh-key.ts'
import { blobOf, findPlaintext, Person, read } from '../support/story.ts'

// What docs/schemes/agenix.md says, in its order. agenix's own command is run where AGENIX_MODULE names its age.nix.
const { AGENIX_MODULE } = process.env
const test = suite('import agenix')

/** A repository as agenix users have it, for alice, bob and the host web1; the keys of bob and web1 are not here. */
class Agenix {
  readonly alice: Person
  readonly dir: string
  readonly keys: Readonly<Record<'alice' | 'bob' | 'web1', string>>
  readonly hostKey: string

  private constructor(alice: Person, keys: Agenix['keys'], hostKey: string) {
    this.alice = alice
    this.keys = keys
    this.hostKey = hostKey
    this.dir = alice.box.path('config')
  }

  static async create(): Promise<Agenix> {
    const alice = await Person.create('alice')
    const publicOf = async (name: string, comment: string) => {
      const file = alice.box.path('keys', name)
      mkdirSync(dirname(file), { recursive: true })
      await makeSshKey(alice.box, file, comment)
      return readFileSync(`${file}.pub`, 'utf8').trim()
    }
    const keys = {
      alice: alice.recipient,
      bob: await publicOf('bob', 'bob@home'),
      web1: await publicOf('web1', 'root@web1'),
    }
    const self = new Agenix(alice, keys, alice.box.path('keys/web1'))
    await alice.box.ok('git', ['init', '-q', self.dir])
    self.rules(`
      "db.age".publicKeys = users ++ builtins.attrValues systems;
      "armored.age" = { publicKeys = [ alice systems.web1 ]; armor = true; };
      "bobs.age".publicKeys = [ bob ];
      "empty.age".publicKeys = [ alice ];`)
    await self.seal('db.age', 'database-password', ['alice', 'bob', 'web1'])
    await self.seal('armored.age', 'armored-password\n', ['alice', 'web1'], ['--armor'])
    await self.seal('bobs.age', 'only-for-bob', ['bob'])
    await self.seal('empty.age', '', ['alice'])
    await alice.git(self.dir, 'add', '-A')
    await alice.git(self.dir, 'commit', '-q', '-m', 'As agenix has it')
    return self
  }

  rules(lines: string): void {
    const bare = (key: string) => key.split(' ').slice(0, 2).join(' ')
    this.alice.box.write(
      join(this.dir, 'secrets/secrets.nix'),
      `let
      alice = "${this.keys.alice}";
      bob = "${bare(this.keys.bob)}";
      users = [ alice bob ];
      systems = { web1 = "${bare(this.keys.web1)}"; };
      in {${lines}
      }\n`,
    )
  }

  /** As agenix.sh calls age. */
  async seal(name: string, text: string, readers: readonly (keyof Agenix['keys'])[], more: string[] = []) {
    const to = readers.flatMap((reader) => ['--recipient', this.keys[reader]])
    const args = [...more, ...to, '-o', join(this.dir, 'secrets', name)]
    await this.alice.box.ok('age', args, { input: text })
  }

  /** As a host opens a file. */
  async asHost(file: Buffer): Promise<string> {
    const path = this.alice.box.write('host.age', file)
    return this.alice.box.ok('age', ['--decrypt', '-i', this.hostKey, path])
  }

  import(...args: string[]) {
    return this.alice.tryGit(this.dir, 'nixsecret', 'import', 'agenix', ...args)
  }

  file(name: string): Buffer {
    return read(this.dir, `secrets/${name}`) as Buffer
  }
}

const SECRETS = ['database-password', 'armored-password', 'only-for-bob']
let agenix: Agenix
let before: Record<string, Buffer>
test.before(async () => {
  agenix = await Agenix.create()
  before = Object.fromEntries(
    ['db.age', 'armored.age', 'bobs.age', 'empty.age'].map((name) => [name, agenix.file(name)]),
  )
})

test('a dry run tells everything and changes nothing', async () => {
  const { code, out, stderr } = await agenix.import('--dry-run')
  assert.is(code, 0, stderr)
  assert.match(out, /secrets\/db.age +as it is +alice, bob, web1/)
  assert.match(out, /secrets\/bobs.age +as it is, not verified: no key here +bob/)
  assert.match(stderr, /nixsecret.toml would be made, with alice, web1, bob, @users/)
  assert.is(await agenix.alice.git(agenix.dir, 'status', '--porcelain'), '')
  assert.is((await agenix.alice.tryGit(agenix.dir, 'config', 'filter.nixsecret.process')).code, 1)
})

test('files come in byte for byte, readers are kept, and check is green', async () => {
  const { alice, dir } = agenix
  const { code, stderr } = await agenix.import()
  assert.is(code, 0, stderr)
  assert.match(stderr, /4 files in, 3 compared in memory with the source and equal; 1 could not be compared/)
  assert.is(await alice.git(dir, 'status', '--porcelain'), 'A  .gitattributes\nA  nixsecret.toml\n')
  await alice.git(dir, 'commit', '-q', '-m', 'Import')
  for (const [name, bytes] of Object.entries(before)) {
    assert.equal(agenix.file(name), bytes, name)
    assert.equal(await blobOf(alice, dir, `HEAD:secrets/${name}`), bytes, name)
  }
  await alice.git(dir, 'nixsecret', 'check')
  const listed = JSON.parse(await alice.git(dir, 'nixsecret', 'recipient', 'list', '--json'))
  assert.equal(
    listed.map(({ name, files }: { name: string; files: string[] }) => [name, files]),
    [
      ['alice', ['secrets/armored.age', 'secrets/db.age', 'secrets/empty.age']],
      ['web1', ['secrets/armored.age', 'secrets/db.age']],
      ['bob', ['secrets/bobs.age', 'secrets/db.age']],
    ],
  )
  assert.match(readFileSync(join(dir, 'nixsecret.toml'), 'utf8'), /to {4}= \["@users", "web1"\]/)
  assert.is(await alice.git(dir, 'nixsecret', 'show', 'secrets/armored.age'), 'armored-password\n')
})

test('a second import changes nothing, nor does one without Nix', async () => {
  const { alice, dir } = agenix
  for (const env of [{}, { PATH: pathWithoutNix(alice) }]) {
    const args = ['nixsecret', 'import', 'agenix']
    const { code, stderr } = await alice.box.run('git', args, { cwd: dir, env })
    assert.is(code, 0, stderr)
    assert.match(stderr, /4 files in already; nothing changed/)
    assert.match(stderr, 'PATH' in env ? /as plain data/ : /as Nix evaluates it/)
    assert.is(await alice.git(dir, 'status', '--porcelain'), '')
  }
})

test('what our commands write, age opens with the keys of both sides, and armor stays', async () => {
  const { alice, dir } = agenix
  await alice.box.ok('git', ['nixsecret', 'set', 'secrets/armored.age'], { cwd: dir, input: 'set by us' })
  assert.match(agenix.file('armored.age').toString('latin1'), /^-----BEGIN AGE ENCRYPTED FILE/)
  assert.is(await agenix.asHost(agenix.file('armored.age')), 'set by us')
  await alice.git(dir, 'nixsecret', 'rekey', 'secrets/db.age')
  assert.is(await agenix.asHost(agenix.file('db.age')), 'database-password')
  assert.equal(await blobOf(alice, dir, ':secrets/db.age'), agenix.file('db.age'))
  await alice.git(dir, 'commit', '-q', '-m', 'Ours')
})

test('what age writes into the work tree, git add takes as it is', async () => {
  const { alice, dir } = agenix
  await agenix.seal('db.age', 'changed by agenix', ['alice', 'bob', 'web1'])
  const made = agenix.file('db.age')
  await alice.commit(dir, 'Theirs', '-a')
  assert.equal(await blobOf(alice, dir, 'HEAD:secrets/db.age'), made)
  assert.equal(agenix.file('db.age'), made)
  assert.is(await alice.git(dir, 'nixsecret', 'show', 'secrets/db.age'), 'changed by agenix')
  assert.is(await alice.git(dir, 'status', '--porcelain'), '')
})

if (AGENIX_MODULE !== undefined && has('jq'))
  test('agenix’s own command goes on working on the files, both ways', async () => {
    const { alice, dir } = agenix
    const [program] = nixPrograms()
    if (program === undefined) throw new Error('no Nix')
    const nix = new NixPlace(alice.box, program)
    const source = readFileSync(join(dirname(AGENIX_MODULE), '../pkgs/agenix.sh'), 'utf8')
    const names = {
      ageBin: 'age',
      jqBin: 'jq',
      nixInstantiate: 'nix-instantiate',
      mktempBin: 'mktemp',
      diffBin: 'diff',
    }
    const script = source.replace(/@(\w+)@/g, (all, name: string) => names[name as keyof typeof names] ?? all)
    const command = alice.box.write('bin/agenix', script, 0o755)
    const cwd = join(dir, 'secrets')
    assert.is(await nix.ok(command, ['-d', 'armored.age'], { cwd }), 'set by us')
    await nix.ok('sh', ['-c', 'printf "edited by agenix" | agenix -e armored.age'], { cwd })
    await nix.ok(command, ['-e', 'new.age'], { cwd, input: 'x' }).then(
      () => assert.unreachable('it has no rule'),
      () => {},
    )
    await alice.git(dir, 'add', '-A')
    assert.is(await alice.git(dir, 'nixsecret', 'show', 'secrets/armored.age'), 'edited by agenix')
    assert.match((await blobOf(alice, dir, ':secrets/armored.age')).toString('latin1'), /^-----BEGIN AGE/)
    await alice.box.ok('git', ['nixsecret', 'set', 'secrets/db.age'], { cwd: dir, input: 'back again' })
    assert.is(await nix.ok(command, ['-d', 'db.age'], { cwd }), 'back again')
    await alice.commit(dir, 'Both')
    await alice.git(dir, 'nixsecret', 'check')
    assert.equal(await nix.find(['back again', 'edited by agenix', ...SECRETS]), [])
  })
else process.stdout.write('agenix’s own command was not run; AGENIX_MODULE names its age.nix beside it\n')

if (has('jq'))
  test('the command of the docs makes secrets.nix from the policy', async () => {
    const { alice, dir } = agenix
    const page = readFileSync(new URL('../../docs/schemes/agenix.md', import.meta.url), 'utf8')
    const command = /^ *(git nixsecret recipient list --json[\s\S]*?)^ *```/m.exec(page)?.[1] ?? ''
    await alice.box.ok('sh', ['-ec', command], { cwd: join(dir, 'secrets') })
    const { out } = await agenix.import('--dry-run', '--json')
    const { secrets, left, policy } = JSON.parse(out)
    assert.equal([secrets.length, left, policy.changed], [4, [], false])
    rmSync(join(dir, 'secrets/rules.json'))
    await alice.git(dir, 'checkout', '-q', 'secrets/secrets.nix')
  })

test('with --open the files are plaintext for who holds a key, and ciphertext in git', async () => {
  const { alice, dir } = agenix
  const { code, stderr } = await agenix.import('--open')
  assert.is(code, 0, stderr)
  assert.match(agenix.file('db.age').toString('latin1'), /^(back again|changed by agenix)$/)
  assert.equal(agenix.file('bobs.age'), before['bobs.age'], 'nobody here opens it')
  await alice.git(dir, 'commit', '-q', '-m', 'Open')
  assert.is(await alice.git(dir, 'status', '--porcelain'), '')
  assert.is(
    (readFileSync(join(dir, '.gitattributes'), 'utf8').match(/\n/g) ?? []).length,
    4,
    'lines are replaced',
  )
  const again = await agenix.import()
  assert.match(again.stderr, /nothing changed/, 'what is open stays open')
  assert.equal(await findPlaintext(alice, dir, [...SECRETS, 'changed by agenix', 'back again']), [])
})

/** PATH with all that is needed but Nix. */
function pathWithoutNix({ box }: Person): string {
  const bin = box.path('no-nix')
  mkdirSync(bin)
  for (const program of ['git', 'node', 'sh', 'ssh-keygen', 'env', 'uname']) {
    const from = (process.env.PATH ?? '').split(':').find((dir) => existsSync(join(dir, program)))
    if (from !== undefined) symlinkSync(join(from, program), join(bin, program))
  }
  return `${box.bin}:${bin}`
}

const faults = suite('import agenix: what goes wrong')

faults('what can’t come in is left out, each with its reason', async () => {
  const other = await Agenix.create()
  const { alice, dir } = other
  other.rules(`
    "db.age".publicKeys = users;
    "armored.age".publicKeys = [ alice systems.web1 ];
    "bobs.age".publicKeys = [ "ssh-dss AAAA" ];
    "gone.age".publicKeys = [ alice ];
    "secrets.nix".publicKeys = [ alice ];
    "nobody.age".publicKeys = [ ];
    "../../out.age".publicKeys = [ alice ];`)
  writeFileSync(join(dir, 'secrets/armored.age'), other.file('armored.age').subarray(0, -100))
  const { code, out, stderr } = await other.import()
  assert.is(code, 1)
  assert.match(out, /^FILE.*\nsecrets\/db.age +as it is +alice, bob\n$/)
  for (const [what, why] of [
    ['secrets/armored.age', /damaged: age/],
    ['secrets/bobs.age', /ssh-ed25519 and ssh-rsa/],
    ['secrets/gone.age', /no such file/],
    ['secrets/secrets.nix', /no age file/],
    ['secrets/nobody.age', /no publicKeys/],
    ['../../out.age', /outside of this repository/],
    ['secrets/empty.age', /secrets.nix does not name it/],
  ] as const)
    assert.match(stderr, new RegExp(`left out: ${what.replace(/[.]/g, '\\.')}: .*${why.source}`))
  assert.match(
    stderr,
    /encrypted for other readers than it names for them: secrets\/db.age; rekey changes that/,
  )
  await alice.git(dir, 'nixsecret', 'rekey', 'secrets/db.age')
  assert.is((await alice.box.run('age', ['-d', '-i', other.hostKey, join(dir, 'secrets/db.age')])).code, 1)
})

faults('a run that was cut short is completed by the next', async () => {
  const other = await Agenix.create()
  const { alice, dir } = other
  const lock = alice.box.write(join(dir, '.git/index.lock'), '')
  const cut = await other.import()
  assert.is(cut.code, 2, cut.stderr)
  rmSync(lock)
  assert.is(await alice.git(dir, 'status', '--porcelain'), '?? .gitattributes\n?? nixsecret.toml\n')
  assert.is((await other.import()).code, 0)
  assert.is(await alice.git(dir, 'status', '--porcelain'), 'A  .gitattributes\nA  nixsecret.toml\n')
})

faults('another attributes file that overrules ours is told of, and nothing is left behind', async () => {
  const other = await Agenix.create()
  const { alice, dir } = other
  writeFileSync(join(dir, 'secrets/.gitattributes'), '*.age -filter\n')
  const { code, stderr } = await other.import()
  assert.is(code, 2)
  assert.match(stderr, /another attributes file overrules filter=nixsecret-sealed for secrets\/armored.age/)
  assert.is(await alice.git(dir, 'status', '--porcelain'), '?? secrets/.gitattributes\n')
})

faults('what Nix cannot evaluate without a store can be given as JSON', async () => {
  const other = await Agenix.create()
  const { alice, dir } = other
  alice.box.write(
    join(dir, 'secrets/secrets.nix'),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is Nix
    'let x = import "${./.}/keys.nix"; in { "db.age".publicKeys = x; }',
  )
  const { code, stderr } = await other.import()
  assert.is(code, 2)
  assert.match(stderr, /Nix cannot evaluate .*secrets.nix: /)
  assert.match(stderr, /hint: nix-instantiate --eval --strict --json secrets.nix > rules.json/)
  const rules = { 'db.age': { publicKeys: [other.keys.alice, other.keys.bob, other.keys.web1] } }
  alice.box.write(join(dir, 'secrets/rules.json'), JSON.stringify(rules))
  const given = await other.import('--rules', 'secrets/rules.json')
  assert.match(given.out, /secrets\/db.age +as it is +alice, bob, web1/)
})

faults('who did init before keeps policy and names, and --reseal adds whom a file is for', async () => {
  const other = await Agenix.create()
  const { alice, dir } = other
  await alice.git(dir, 'nixsecret', 'init', '--path', 'keys/**', '--recipient', `me=${alice.recipient}`)
  const { code, out, stderr } = await other.import('--reseal', '--json')
  assert.is(code, 0, stderr)
  const report = JSON.parse(out)
  assert.equal(
    report.secrets.map((one: { path: string; outcome: string; readers: string[] }) => [
      one.path,
      one.outcome,
      one.readers,
    ]),
    [
      ['secrets/armored.age', 'sealed', ['me', 'web1']],
      ['secrets/bobs.age', 'kept', ['bob']],
      ['secrets/db.age', 'sealed', ['me', 'bob', 'web1']],
      ['secrets/empty.age', 'sealed', ['me']],
    ],
  )
  assert.match(other.file('armored.age').toString('latin1'), /^-----BEGIN AGE ENCRYPTED FILE/)
  assert.is(await other.asHost(other.file('db.age')), 'database-password')
  await alice.git(dir, 'commit', '-qam', 'Import')
  assert.match(await alice.git(dir, 'nixsecret', 'check', '--json'), /secrets\/bobs.age/)
  const again = JSON.parse((await other.import('--reseal', '--json')).out)
  assert.is(await alice.git(dir, 'status', '--porcelain'), '', JSON.stringify(again, null, 1))
})

if (needs('import agenix', 'age', 'nix-instantiate', 'ssh-keygen')) {
  test.run()
  faults.run()
}
