import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { acceptAll } from '../support/accept.ts'
import { findPlaintext, Person, startRepository } from '../support/story.ts'

const MARK = 'plain-mark-58'

const alice = await Person.create('alice')
const dir = await startRepository(alice)
for (const [name, content] of [
  ['db', `${MARK} "\${x}"\\\n`],
  ['nul', 'a\0b'],
  ['latin', Buffer.from([0x61, 0xe9])],
  ['decomposed', 'e\u0301'],
  ['empty', ''],
  ['line', '\u2028\ufeff\u0001'],
] as const)
  alice.box.write(join(dir, 'secrets', name), content)
await alice.git(dir, 'add', '-A')
await alice.git(dir, 'commit', '-qm', 'secrets')

const show = (args: string[], input: string | Uint8Array = '', cwd = dir) =>
  alice.box.run('git-nixsecret', ['show', ...args], { cwd, input })
const terraform = (query: unknown, ...args: string[]) =>
  show(['--format', 'terraform-external', ...args], JSON.stringify(query))

test('nix: a string of Nix, and a warning while the policy does not let it into the store', async () => {
  const shown = await show(['--format', 'nix', 'secrets/db'])
  assert.is(shown.code, 0, shown.stderr)
  assert.is(shown.out, `"${MARK} \\"\\\${x}\\"\\\\\\n"\n`)
  assert.match(shown.stderr, /warning: .*world-readable store; nixsecret\.toml does not let secrets\/db in/)
  assert.match(shown.stderr, /hint: .*store = "plaintext"/)
  const refused = await show(['--format', 'nix', '--allowed-only', 'secrets/db'])
  assert.is(refused.code, 2)
  assert.is(refused.out, '')
  assert.match(
    refused.stderr,
    /error: nixsecret\.toml does not let secrets\/db in\nhint: .*\nhint: .*store = "plaintext"/,
  )
})

test('nix: no warning for what the policy lets in, or for what it was in an earlier commit', async () => {
  const file = join(dir, 'nixsecret.toml')
  const policy = readFileSync(file, 'utf8')
  writeFileSync(file, `${policy}\n[[rule]]\npaths = ["/secrets/db"]\nstore = "plaintext"\n`)
  const early = await show(['--format', 'nix', '--allowed-only', 'secrets/db'])
  assert.is(early.code, 2)
  assert.match(
    early.stderr,
    /may not enter the Nix store: you have not accepted .*\nhint: git nixsecret trust\n/,
  )
  await acceptAll(alice.box, dir)
  for (const args of [['secrets/db'], ['--allowed-only', 'secrets/db'], ['--rev', 'HEAD', 'secrets/db']]) {
    const shown = await show(['--format', 'nix', ...args])
    assert.is(shown.stderr, '')
    assert.is(shown.out.length, MARK.length + 17)
  }
  writeFileSync(file, 'version = ')
  assert.is((await show(['--format', 'nix', 'secrets/db'])).code, 0)
  assert.is((await show(['--format', 'nix', '--allowed-only', 'secrets/db'])).code, 2)
  writeFileSync(file, policy)
})

test('nix: what no Nix string can hold is an error', async () => {
  const shown = await show(['--format', 'nix', 'secrets/nul'])
  assert.is(shown.code, 2)
  assert.is(shown.out, '')
  assert.match(shown.stderr, /secrets\/nul has a NUL byte/)
})

test('formats and options that there are not', async () => {
  for (const [args, message] of [
    [['--format', 'nxi', 'secrets/db'], /no format nxi; did you mean nix\?/],
    [['--format', 'terraform-extrenal'], /did you mean terraform-external\?/],
    [['--format', 'yaml', 'secrets/db'], /no format yaml; there are raw, nix, terraform-external/],
    [['--base64', 'secrets/db'], /--base64 goes with --format terraform-external/],
    [['--allowed-only', 'secrets/db'], /--allowed-only goes with --format nix/],
    [['--format', 'nix'], /one PATH/],
    [['--format', 'terraform-external', 'secrets/db', 'secrets/nul'], /one PATH/],
  ] as const) {
    const { code, stderr, out } = await show([...args], '{}')
    assert.is(code, 2, args.join(' '))
    assert.is(out, '')
    assert.match(stderr, message)
  }
})

// https://registry.terraform.io/providers/hashicorp/external/latest/docs/data-sources/external: one JSON object of
// strings each way, no shell, the program's exit status, and one line of error on stderr.
test('terraform: names and paths in, names and contents out', async () => {
  const query = '{"db":"secrets/db","a b":"./secrets/empty","__proto__":"secrets/line","":"secrets/line"}'
  const all = await show(['--format', 'terraform-external'], query)
  assert.is(all.code, 0, all.stderr)
  assert.is(all.stderr, '')
  assert.equal(Object.entries(JSON.parse(all.out)), [
    ['db', `${MARK} "\${x}"\\\n`],
    ['a b', ''],
    ['__proto__', '\u2028\ufeff\u0001'],
    ['', '\u2028\ufeff\u0001'],
  ])
  const one = await terraform({}, 'secrets/db')
  assert.equal(JSON.parse(one.out), { content: `${MARK} "\${x}"\\\n` })
  const below = await show(['--format', 'terraform-external'], '{"x":"db"}', join(dir, 'secrets'))
  assert.equal(Object.keys(JSON.parse(below.out)), ['x'])
  const earlier = await terraform({ x: 'secrets/empty' }, '--rev', 'HEAD')
  assert.equal(JSON.parse(earlier.out), { x: '' })
})

test('terraform: what is no text goes as base64, and is refused without', async () => {
  for (const [name, message] of [
    ['latin', /secrets\/latin is not UTF-8/],
    ['decomposed', /secrets\/decomposed has characters that Terraform would compose/],
  ] as const) {
    const { code, out, stderr } = await terraform({ good: 'secrets/db', bad: `secrets/${name}` })
    assert.is(code, 2)
    assert.is(out, '', 'all or nothing')
    assert.match(stderr, message)
    assert.match(stderr, /hint: .*--base64/)
    const encoded = await terraform({ bad: `secrets/${name}` }, '--base64')
    assert.equal(Buffer.from(JSON.parse(encoded.out).bad, 'base64'), readFileSync(join(dir, 'secrets', name)))
  }
})

test('terraform: anything else on standard input is refused', async () => {
  for (const [input, message] of [
    ['', /no JSON object/],
    ['{', /no JSON object/],
    ['null', /no JSON object/],
    ['["secrets/db"]', /no JSON object/],
    [Buffer.from('{"x":"\xff"}', 'latin1'), /no JSON object/],
    ['{}', /names no secret/],
    ['{"a":1}', /for a is no path/],
    ['{"a\\u001b[2J":{}}', /for "a\\033\[2J" is no path/],
    ['{"a":"secrets/none"}', /neither in the work tree nor in the index/],
    ['{"a":"../../etc/passwd"}', /outside of this repository/],
    ['{"a":""}', /empty PATH/],
    [`{"a":"${'x'.repeat(1 << 20)}"}`, /larger than 1 MiB/],
  ] as const) {
    const { code, stderr, out } = await show(['--format', 'terraform-external'], input)
    assert.is(code, 2, String(input).slice(0, 80))
    assert.is(out, '')
    assert.match(stderr, message)
  }
  assert.match((await terraform({ a: 'secrets/db' }, 'secrets/db')).stderr, /both name secrets/)
})

test('a value has a limit', async () => {
  alice.box.write(join(dir, 'secrets/large'), Buffer.alloc((8 << 20) + 1, 'x'))
  alice.box.write(join(dir, 'secrets/half'), Buffer.alloc(5 << 20, 'x'))
  assert.match((await show(['--format', 'nix', 'secrets/large'])).stderr, /larger than 8 MiB/)
  assert.match((await terraform({ a: 'secrets/large' })).stderr, /larger than 8 MiB/)
  assert.match((await terraform({ a: 'secrets/half', b: 'secrets/half' })).stderr, /8 MiB together/)
  assert.is((await terraform({ a: 'secrets/half' })).code, 0)
})

test('nothing was left in git', async () => {
  assert.equal(await findPlaintext(alice, dir, [MARK]), [])
})

test.run()
