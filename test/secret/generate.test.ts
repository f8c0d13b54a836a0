import { mkdirSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { accept } from '../../src/blob/trust/accept.ts'
import { run as generate } from '../../src/cli/generate.ts'
import { NixsecretError } from '../../src/errors.ts'
import { openRepository } from '../../src/git/repository.ts'
import { needs } from '../support/needs.ts'
import { begin, blobOf, findPlaintext, isAge, type Person, read } from '../support/story.ts'

async function start() {
  const { person: alice, dir } = await begin('alice')
  const run = (...args: string[]) => alice.box.run('git-nixsecret', ['generate', ...args], { cwd: dir })
  const status = () => alice.git(dir, 'status', '--porcelain')
  const text = (path: string) => read(dir, path)?.toString('utf8') ?? ''
  return { alice, dir, run, status, text }
}

/** Adds to what everybody's attributes and policy say. */
async function commitFile(alice: Person, dir: string, path: string, more: string) {
  alice.box.write(join(dir, path), `${read(dir, path)?.toString('utf8') ?? ''}${more}`)
  await alice.git(dir, 'add', path)
  await alice.git(dir, '-c', 'core.hooksPath=/dev/null', 'commit', '-qm', path)
}

/** Does something in this process, which is quicker than a program of its own. */
async function inside<Result>(alice: Person, dir: string, act: () => Promise<Result>): Promise<Result> {
  const [cwd, env] = [process.cwd(), { ...process.env }]
  process.chdir(dir)
  Object.assign(process.env, alice.box.env)
  try {
    return await act()
  } finally {
    process.chdir(cwd)
    for (const name of Object.keys(alice.box.env)) delete process.env[name]
    Object.assign(process.env, env)
  }
}

/** What the command refuses, and why. */
async function refusal(alice: Person, dir: string, ...args: string[]): Promise<string> {
  const fault = await inside(alice, dir, () => generate(args).catch((error: unknown) => error))
  assert.instance(fault, NixsecretError, args.join(' '))
  const { message, hints } = fault as NixsecretError
  return [message, ...hints].join('\n')
}

/** One without a public half, and the keys; what else there is differs in its text alone. */
const KINDS = ['password', 'ssh-ed25519', 'wireguard', 'age']

test('a password, and keys as the programs that use them want them', async () => {
  const { alice, dir, run, status, text } = await start()
  for (const kind of KINDS) {
    const made = await run('--kind', kind, `secrets/new/${kind}`)
    assert.is(made.code, 0, made.stderr)
    assert.match(made.stderr, new RegExp(`secrets/new/${kind} is staged: .* bits\\), encrypted for `))
    const isKey = kind !== 'password'
    assert.is(made.out, isKey ? text(`secrets/new/${kind}.pub`) : '')
    assert.match(
      made.stderr,
      new RegExp(`hint: git commit secrets/new/${kind}${isKey ? ` secrets/new/${kind}.pub` : ''}\n`),
    )
    assert.is(isAge(await blobOf(alice, dir, `:secrets/new/${kind}`)), true)
    assert.is(statSync(join(dir, 'secrets/new', kind)).mode & 0o777, 0o600)
    assert.is(
      (await alice.git(dir, 'nixsecret', 'show', `secrets/new/${kind}`)) === text(`secrets/new/${kind}`),
      true,
    )
    assert.is(/\n$/.test(text(`secrets/new/${kind}`)), isKey)
  }
  assert.equal(
    (await status()).split('\n').map((line) => line.slice(0, 2)),
    [...Array.from({ length: 7 }, () => 'A '), ''],
  )
  // Hooks and all.
  await alice.git(dir, 'commit', '-qm', 'new secrets')
  assert.is(await status(), '')
  const secrets = KINDS.map((kind) => text(`secrets/new/${kind}`).trimEnd().split('\n'))
  // Of the OpenSSH file the last lines hold the private half; of the age file the last.
  const private_ = secrets.map((lines) =>
    lines.length > 4 ? (lines[4] as string) : (lines.at(-1) as string),
  )
  assert.equal(await findPlaintext(alice, dir, private_), [])
  await asPrograms(alice, dir, text)
})

async function asPrograms(alice: Person, dir: string, text: (path: string) => string) {
  const at = (name: string) => join(dir, 'secrets/new', name)
  if (needs('generated SSH keys', 'ssh-keygen')) {
    const line = text('secrets/new/ssh-ed25519.pub')
    assert.is(await alice.box.ok('ssh-keygen', ['-y', '-P', '', '-f', at('ssh-ed25519')]), line)
    assert.match(line, /^ssh-ed25519 AAAA\S+ secrets\/new\/ssh-ed25519\n$/)
    const file = alice.box.write('message', 'hello')
    await alice.box.ok('ssh-keygen', ['-q', '-Y', 'sign', '-n', 'file', '-f', at('ssh-ed25519'), file])
    alice.box.write('signers', `alice ${line}`)
    const verify = ['-Y', 'verify', '-n', 'file', '-I', 'alice', '-f', 'signers', '-s', 'message.sig']
    await alice.box.ok('ssh-keygen', verify, { input: 'hello' })
  }
  if (needs('generated WireGuard keys', 'wg')) {
    const pub = await alice.box.ok('wg', ['pubkey'], { input: text('secrets/new/wireguard') })
    assert.is(pub, text('secrets/new/wireguard.pub'))
  }
  if (needs('generated age keys', 'age', 'age-keygen')) {
    assert.is(await alice.box.ok('age-keygen', ['-y', at('age')]), text('secrets/new/age.pub'))
    const sealed = await alice.box.run('age', ['-R', at('age.pub')], { input: 'hello' })
    const opened = await alice.box.run('age', ['-d', '-i', at('age')], { input: sealed.stdout })
    assert.is(opened.out, 'hello')
  }
}

test('what is there stays, both halves, unless --force says otherwise', async () => {
  const { alice, dir, run, status, text } = await start()
  await run('--kind', 'age', 'secrets/key')
  await alice.git(dir, 'commit', '-qm', 'key')
  const before = [text('secrets/key'), text('secrets/key.pub')]
  const again = await refusal(alice, dir, '--kind', 'age', 'secrets/key')
  assert.match(
    again,
    /secrets\/key and secrets\/key.pub are there already[\s\S]*--force --kind age secrets\/key/,
  )
  // A public half, or a file that git does not know yet, is as much worth.
  await alice.git(dir, 'rm', '-q', '--cached', 'secrets/key')
  assert.match(
    await refusal(alice, dir, '--kind', 'password', 'secrets/key'),
    /^secrets\/key is there already/,
  )
  rmSync(join(dir, 'secrets/key'))
  const half = await refusal(alice, dir, '--kind', 'age', 'secrets/key')
  assert.match(half, /^secrets\/key.pub is there already/)
  await alice.git(dir, 'reset', '-q', '--hard')
  assert.equal([text('secrets/key'), text('secrets/key.pub')], before)
  const forced = await run('--force', '--kind', 'age', 'secrets/key')
  assert.match(forced.stderr, /it replaces what was there/)
  assert.is(await status(), 'M  secrets/key\nM  secrets/key.pub\n')
  assert.is.not(text('secrets/key'), before[0])
  // A password has no public half: the one that lies there is nobody's.
  const other = await run('--force', '--kind', 'password', 'secrets/key')
  assert.match(
    other.stderr,
    /warning: secrets\/key.pub is the public half of what was there before\nhint: git rm -f secrets\/key.pub/,
  )
})

test('without a key, and where files stay sealed, the work tree gets ciphertext', async () => {
  const { alice, dir, text } = await start()
  await commitFile(
    alice,
    dir,
    '.gitattributes',
    '/sealed/** filter=nixsecret-sealed diff=nixsecret merge=nixsecret -text\n',
  )
  const env = { NIXSECRET_IDENTITY: '/dev/null' }
  for (const [path, kind] of [
    ['secrets/x', 'age'],
    ['sealed/x', 'password'],
  ] as const) {
    const args = ['generate', '--kind', kind, path]
    const made = await alice.box.run('git-nixsecret', args, { cwd: dir, env })
    assert.is(made.code, 0, made.stderr)
    assert.is(isAge(read(dir, path) as Buffer), true)
  }
  assert.match(text('secrets/x.pub'), /^age1/)
  assert.match(await alice.git(dir, 'nixsecret', 'show', 'secrets/x'), /^AGE-SECRET-KEY-1/m)
  // Half a key helps nobody: refused as a whole, and nothing is left.
  const half = await refusal(alice, dir, '--kind', 'age', '--force', 'sealed/y')
  assert.match(half, /sealed\/y.pub is to be readable[\s\S]*\necho '\/sealed\/y.pub !filter/)
  assert.is(await alice.git(dir, 'status', '--porcelain', 'sealed/y', 'sealed/y.pub'), '')
})

test('nothing is made where it would not be a secret, or a value means nothing', async () => {
  const { alice, dir, run, status } = await start()
  await commitFile(
    alice,
    dir,
    'nixsecret.toml',
    '\n[[rule]]\npaths = ["/secrets/sops/**"]\nformat = "sops"\n',
  )
  await inside(alice, dir, async () => accept(await openRepository()))
  mkdirSync(join(dir, 'secrets'))
  symlinkSync('/etc/passwd', join(dir, 'secrets/link.pub'))
  const base = await status()
  const cases: [string[], RegExp][] = [
    [['--kind', 'password', 'plain'], /no \.gitattributes line makes this a secret/],
    [['--kind', 'password', 'secrets/x.pub'], /no \.gitattributes line/],
    [
      ['--kind', 'age', 'secrets/link'],
      /secrets\/link.pub, where the public half goes, is not a regular file/,
    ],
    [['--kind', 'base64', 'secrets/sops/x.env'], /one value without a name[\s\S]*git nixsecret edit/],
    [['--kind', 'password', 'secrets/sops/x.yaml'], /one value without a name/],
  ]
  for (const [args, message] of cases) assert.match(await refusal(alice, dir, ...args), message)
  assert.is(await status(), base)
  // As one value, in a file that SOPS takes for binary, it is fine.
  const binary = await run('--kind', 'wireguard', 'secrets/sops/wg')
  assert.is(binary.code, 0, binary.stderr)
  assert.match((await blobOf(alice, dir, ':secrets/sops/wg')).toString('utf8'), /"sops":/)
  assert.match((await blobOf(alice, dir, ':secrets/sops/wg.pub')).toString('utf8'), /^[A-Za-z0-9+/]{43}=\n$/)
  assert.is(
    await alice.git(dir, 'nixsecret', 'show', 'secrets/sops/wg'),
    read(dir, 'secrets/sops/wg')?.toString(),
  )
})

test.run()
