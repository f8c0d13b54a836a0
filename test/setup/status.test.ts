import { appendFileSync, readFileSync, rmSync, symlinkSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { acceptAll } from '../support/accept.ts'
import { SetupSandbox } from './setup-sandbox.ts'

const test = suite('status')

interface Json {
  accepted: boolean | null
  files: {
    path: string
    state: string
    sealed: boolean
    plaintext: boolean
    store: string | null
    readers: string[] | null
    opens: boolean | null
    recipients: string | null
    problems: { id: string; message: string }[]
  }[]
  problems: number
}

function ready(): Promise<SetupSandbox> {
  return SetupSandbox.begin('status', async (box) => {
    await box.nixsecret(['init'])
    box.put('secrets/a', 'SECRET-1\n')
    box.put('secrets/b c', 'SECRET-2\n')
    await box.git(['add', '.'])
    await box.git(['commit', '-qm', 'x'])
  })
}

async function json(box: SetupSandbox, cwd = box.repo, env = {}): Promise<{ code: number; json: Json }> {
  const { code, out, stderr } = await box.nixsecret(['status', '--json'], { cwd, env })
  try {
    return { code, json: JSON.parse(out) as Json }
  } catch {
    throw new Error(`${code} ${out} ${stderr}`)
  }
}

const states = ({ files }: Json) => Object.fromEntries(files.map(({ path, state }) => [path, state]))
const problems = ({ files }: Json) =>
  Object.fromEntries(
    files.filter((f) => f.problems.length).map((f) => [f.path, f.problems.map(({ id }) => id)]),
  )

test('all well: an aligned table, a summary, exit 0', async () => {
  const box = await ready()
  const result = await box.nixsecret(['status'])
  assert.is(result.code, 0, result.stderr)
  assert.is(
    result.out,
    'STATE  FILE         READERS  PROBLEM\n' +
      'open   secrets/a    alice\n' +
      'open   secrets/b c  alice\n\n' +
      '2 files: 2 open; nothing to mend\n',
  )
  assert.is(result.stderr, '')
  const { json: found } = await json(box)
  const first = found.files[0]
  assert.equal(first, {
    path: 'secrets/a',
    state: 'open',
    sealed: false,
    plaintext: true,
    store: null,
    readers: ['alice'],
    opens: true,
    recipients: 'fits',
    problems: [],
  })
})

test('modified, missing, empty, untracked, unmerged and PATH arguments', async () => {
  const box = await ready()
  appendFileSync(join(box.repo, 'secrets/a'), 'more')
  rmSync(join(box.repo, 'secrets/b c'))
  box.put('secrets/new', 'x')
  box.put('secrets/empty', '')
  await box.git(['add', 'secrets/empty'])
  const { code, json: found } = await json(box)
  assert.is(code, 0)
  assert.equal(states(found), {
    'secrets/a': 'modified',
    'secrets/b c': 'missing',
    'secrets/empty': 'empty',
    'secrets/new': 'untracked',
  })
  const some = await box.nixsecret(['status', '--json', 'b c', '../secrets/new'], {
    cwd: join(box.repo, 'secrets'),
  })
  assert.equal(Object.keys(states(JSON.parse(some.out))), ['secrets/b c', 'secrets/new'])
  const outside = await box.nixsecret(['status', '../elsewhere'])
  assert.is(outside.code, 2)
})

test('locked without a key, and altered', async () => {
  const box = await ready()
  const clone = box.path('clone')
  await box.git(['clone', '-q', box.repo, clone])
  const env = { HOME: box.path('nobody'), GIT_CONFIG_GLOBAL: join(box.home, '.gitconfig') }
  await box.nixsecret(['init'], { cwd: clone, env })
  const first = await json(box, clone, env)
  assert.is(first.code, 0)
  assert.equal(states(first.json), { 'secrets/a': 'locked', 'secrets/b c': 'locked' })
  assert.is(first.json.files[0]?.opens, false)
  appendFileSync(join(clone, 'secrets/a'), 'x')
  const second = await json(box, clone, env)
  assert.is(second.code, 1)
  assert.equal(problems(second.json), { 'secrets/a': ['altered'] })
  const shown = await box.nixsecret(['status'], { cwd: clone, env })
  assert.match(shown.stderr, /hint: git restore -- secrets\/a/)
  assert.match(shown.stderr, /you have no key here/)
})

test('plaintext in index and HEAD, symlink, damaged, stale, no reader, sealed', async () => {
  const box = await ready()
  const raw = async (path: string, content: Uint8Array | string) => {
    const oid = (await box.git(['hash-object', '-w', '--stdin'], { input: content })).trim()
    await box.git(['update-index', '--add', '--cacheinfo', `100644,${oid},${path}`])
  }
  const blob = (await box.run('git', ['cat-file', 'blob', 'HEAD:secrets/a'], { cwd: box.repo })).stdout
  const broken = Buffer.from(blob)
  broken[broken.length - 1] = (broken[broken.length - 1] as number) ^ 1
  await raw('secrets/plain', 'plain')
  await raw('secrets/damaged', broken)
  await raw('secrets/cut', blob.subarray(0, blob.length - 5))
  symlinkSync('/etc/passwd', join(box.repo, 'secrets/link'))
  await box.git(['add', 'secrets/link'])
  await box.git(['commit', '-q', '--no-verify', '-m', 'x'])
  box.put('secrets/.gitattributes', 'sealed filter=nixsecret-sealed\n')
  await raw('secrets/sealed', blob)
  await box.git(['checkout', '-q', 'secrets/sealed'])
  const other = await box.makeKey('bob@x', box.path('bob'))
  box.put(
    'nixsecret.toml',
    `${box.read('nixsecret.toml').replace('[recipients]', `[recipients]\nbob = "${other}"`)}\n[[rule]]\npaths = ["/secrets/b c"]\nto = ["alice", "bob"]\n`,
  )
  const { code, json: found } = await json(box)
  assert.is(code, 1)
  assert.equal(problems(found), {
    'secrets/b c': ['stale'],
    'secrets/cut': ['damaged'],
    'secrets/damaged': ['damaged'],
    'secrets/link': ['symlink'],
    'secrets/plain': ['plaintext-in-index', 'plaintext-in-head'],
  })
  assert.is(states(found)['secrets/sealed'], 'sealed')
  assert.equal(found.files.find(({ path }) => path === 'secrets/b c')?.readers, ['alice', 'bob'])
  assert.is(found.accepted, false)
  const pending = await box.nixsecret(['status'])
  // Rekey would refuse.
  assert.match(
    pending.stderr,
    /warning: not accepted yet: bob can read more; .*\nhint: git nixsecret trust\n/,
  )
  assert.not.match(pending.stderr, /rekey/)
  await acceptAll(box, box.repo)
  const shown = await box.nixsecret(['status'])
  assert.match(shown.stderr, /hint: git nixsecret rekey 'secrets\/b c'/)
  assert.not.match(shown.stderr, /accepted/)
  assert.not.match(shown.out + shown.stderr, /SECRET-/)
})

test('sealed files that lie open, and files whose plaintext may enter the store', async () => {
  const box = await ready()
  const rule = '[[rule]]\npaths = ["/secrets/a", "/vault/**"]\nstore = "plaintext"\n'
  box.put('nixsecret.toml', `${box.read('nixsecret.toml')}\n${rule}`)
  box.put('.gitattributes', `${box.read('.gitattributes')}vault/** filter=nixsecret-sealed\n`)
  await box.ok('git', ['nixsecret', 'set', 'vault/well'], { cwd: box.repo, input: 'SECRET-3\n' })
  box.put('vault/staged', 'SECRET-4\n')
  box.put('vault/changed', 'SECRET-5\n')
  await box.git(['add', 'vault'])
  box.put('vault/changed', 'SECRET-6\n')
  box.put('vault/new', 'SECRET-7\n')
  const { code, json: found } = await json(box)
  assert.is(code, 1)
  assert.equal(problems(found), {
    'vault/changed': ['sealed-open'],
    'vault/new': ['sealed-open'],
    'vault/staged': ['sealed-open'],
  })
  const of = (path: string) => found.files.find((file) => file.path === path)
  assert.equal(
    ['secrets/a', 'secrets/b c', 'vault/well', 'vault/new'].map((path) => [
      of(path)?.store,
      of(path)?.plaintext,
    ]),
    [
      ['plaintext', true],
      [null, true],
      ['plaintext', false],
      ['plaintext', true],
    ],
  )
  const shown = await box.nixsecret(['status'])
  assert.match(shown.out, /^open +secrets\/a +alice +may enter the Nix store \(store = "plaintext"\)$/m)
  assert.match(
    shown.out,
    /^sealed +vault\/well +alice +store = "plaintext" changes nothing: it stays ciphertext/m,
  )
  assert.match(shown.out, /^untracked +vault\/new +alice +plaintext here, but to stay ciphertext/m)
  const [hint] = /(?<=^hint: )git add .*$/m.exec(shown.stderr) ?? []
  await box.ok('sh', ['-c', hint ?? 'false'], { cwd: box.repo })
  const { code: after, json: mended } = await json(box)
  assert.is(after, 0)
  assert.equal(
    mended.files
      .filter(({ path }) => path.startsWith('vault/'))
      .map(({ state, plaintext }) => [state, plaintext]),
    Array.from({ length: 4 }, () => ['sealed', false]),
  )
})

test('a policy that does not parse: the files are shown, exit 2; not set up: said so', async () => {
  const box = await ready()
  appendFileSync(join(box.repo, 'nixsecret.toml'), '\nnonsense = [\n')
  const result = await box.nixsecret(['status'])
  assert.is(result.code, 2)
  assert.match(result.out, /secrets\/a/)
  assert.match(result.stderr, /nixsecret\.toml:\d+/)
  truncateSync(join(box.repo, 'nixsecret.toml'), readFileSync(join(box.repo, 'nixsecret.toml')).length - 14)
  await box.nixsecret(['uninstall'])
  assert.match((await box.nixsecret(['status'])).stderr, /not set up in this clone/)
})

test('colour only when wanted', async () => {
  const box = await ready()
  assert.not.match((await box.nixsecret(['status'])).out, /\x1b/)
  assert.match((await box.nixsecret(['status'], { env: { FORCE_COLOR: '1' } })).out, /\x1b\[32mopen\x1b\[39m/)
  const none = await box.nixsecret(['status'], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } })
  assert.not.match(none.out, /\x1b/)
})

test.run()
