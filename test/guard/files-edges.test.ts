import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { textPath } from '../../src/byte-path.ts'
import { openRepository } from '../../src/git/repository.ts'
import { checkFiles } from '../../src/guard/check-files.ts'
import { WorkTreeBlobs } from '../../src/guard/work-tree-blobs.ts'
import { needs } from '../support/needs.ts'
import { FilesRepo, KEY } from './files-repo.ts'
import { ATTRIBUTES, GuardRepo, policyText } from './guard-repo.ts'

const OPEN = 'hunter2\n'

test('symlinks are not followed, and FIFOs are no files', async () => {
  if (!needs('FIFOs in a work tree', 'mkfifo')) return
  const repo = new FilesRepo()
  repo.rules()
  repo.box.write('outside/key', KEY)
  symlinkSync(repo.box.path('outside/key'), join(repo.dir, 'link'))
  symlinkSync(repo.box.path('outside'), join(repo.dir, 'dir'))
  repo.track({ 'was/key': KEY })
  rmSync(join(repo.dir, 'was'), { recursive: true })
  symlinkSync(repo.box.path('outside'), join(repo.dir, 'was'))
  mkdirSync(join(repo.dir, 'secrets'))
  repo.stage({ 'secrets/pipe': OPEN })
  spawnSync('mkfifo', [join(repo.dir, 'secrets/pipe'), join(repo.dir, 'pipe')])
  assert.equal(await repo.found(), [])
})

test('files larger than what is read at once', async () => {
  const repo = new FilesRepo()
  repo.rules()
  const filler = 'filler filler filler\n'.repeat(900_000)
  repo.track({ large: `${filler}${KEY}`, 'secrets/large': filler })
  assert.equal(await repo.found(), ['error plaintext-blob secrets/large', 'error private-key large'])
})

test('paths that are not UTF-8, or hold line breaks', async () => {
  const repo = new FilesRepo()
  repo.rules()
  for (const name of ['secrets/\xff\xfe', 'secrets/line\nbreak', 'secrets/:(top)*']) {
    mkdirSync(join(repo.dir, 'secrets'), { recursive: true })
    writeFileSync(Buffer.from(join(repo.dir, name), 'latin1'), OPEN)
  }
  assert.equal(await repo.found(), [
    'error plaintext-blob secrets/:(top)*',
    'error plaintext-blob secrets/line\nbreak',
    'error plaintext-blob secrets/\xff\xfe',
  ])
  const hints = (await repo.check()).findings.map(({ hint }) => hint).join('\n')
  assert.match(hints, String.raw`git nixsecret lock -- $'secrets/\377\376'`)
})

test('from a subdirectory and in a linked worktree; in a bare repository it is wrong usage', async () => {
  const repo = new FilesRepo()
  repo.rules()
  repo.track({ 'secrets/a': OPEN, 'sub/b': 'x' })
  repo.git(['commit', '-q', '-m', 'x'])
  const { findings } = await checkFiles(await openRepository(join(repo.dir, 'sub')), {
    ...repo.options,
    cwd: join(repo.dir, 'sub'),
  })
  assert.equal(
    findings.map(({ path }) => path as string),
    ['secrets/a'],
  )
  const linked = repo.box.path('linked')
  repo.git(['worktree', 'add', '-q', linked])
  rmSync(join(repo.dir, 'secrets/a'))
  const there = await checkFiles(await openRepository(linked), { ...repo.options, cwd: linked })
  assert.equal(
    there.findings.map(({ path }) => path as string),
    ['secrets/a'],
  )
  assert.equal(await repo.found(), [])
  const bare = new GuardRepo(['--bare'])
  assert.is(await codeOf(checkFiles(await bare.open(), bare.options)), 'usage')
})

test('sha256', async () => {
  const repo = new FilesRepo(['--object-format=sha256'])
  repo.lay({ '.gitattributes': ATTRIBUTES, 'nixsecret.toml': policyText(), 'secrets/a': OPEN })
  assert.equal(await repo.found(), ['error plaintext-blob secrets/a'])
})

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'no fault',
    (error) => error.code ?? String(error),
  )
}

test('what may not be read is a fault, never an all-clear', async () => {
  for (const [hidden, expected] of [
    [null, 'no fault'],
    ['plain', 'refused'],
    ['dir', 'git'],
    ['ignored/x', 'refused'],
    ['inner/deep', 'refused'],
  ] as const) {
    const repo = new FilesRepo()
    repo.rules()
    repo.git(['init', '-q', join(repo.dir, 'inner')])
    repo.lay({ plain: 'x', 'dir/x': 'x', 'ignored/x': 'x', '.gitignore': 'ignored/\n', 'inner/deep/x': 'x' })
    const opened = await repo.open()
    if (hidden !== null) chmodSync(join(repo.dir, hidden), 0)
    const code = await asNobody(repo, () => codeOf(checkFiles(opened, repo.options)))
    // So that it can be removed again, by whoever runs the test.
    if (hidden !== null) chmodSync(join(repo.dir, hidden), 0o700)
    assert.is(code, expected, String(hidden))
  }
})

/** Does something as a user whom permissions hold back, which root is not; the repository is theirs then. */
async function asNobody<T>(repo: FilesRepo, work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return work()
  spawnSync('chown', ['-R', '65534:65534', repo.box.dir])
  for (let dir = repo.box.dir; dir.startsWith(`${tmpdir()}/`) || dir === tmpdir(); dir = dirname(dir))
    if ((statSync(dir).mode & 0o1) === 0) chmodSync(dir, 0o711)
  const before = process.env.TMPDIR
  process.env.TMPDIR = repo.box.dir
  process.seteuid?.(65534)
  try {
    return await work()
  } finally {
    process.seteuid?.(0)
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
  }
}

test('a file that goes or becomes another while it is looked at is a fault', async () => {
  const repo = new FilesRepo()
  const none = {} as ConstructorParameters<typeof WorkTreeBlobs>[2]
  for (const instead of ['gone', 'link', 'directory']) {
    repo.lay({ a: 'first' })
    const blobs = new WorkTreeBlobs(repo.dir, 'sha1', none)
    const oid = blobs.add(textPath('a'))?.oid as string
    assert.is(oid, repo.blob('first'))
    rmSync(join(repo.dir, 'a'))
    if (instead === 'link') symlinkSync('/etc/hostname', join(repo.dir, 'a'))
    if (instead === 'directory') mkdirSync(join(repo.dir, 'a'))
    assert.is(await codeOf(blobs.getUpTo(oid, 100)), 'missing', instead)
    assert.is(await codeOf(blobs.stream(oid, () => {})), 'missing', instead)
    rmSync(join(repo.dir, 'a'), { recursive: true, force: true })
  }
})

test.run()
