import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ATTRIBUTES, type Content } from './guard-repo.ts'
import { ReceiveRepo } from './receive-repo.ts'

const test = suite('what a refused push says')

/** Lines that came from the server, without git's prefix and padding. */
function remote(stderr: string): string[] {
  return stderr
    .split('\n')
    .filter((line) => line.startsWith('remote: '))
    .map((line) => line.slice(8).trimEnd())
}

test('plain lines: no colour, no control characters, sentences of 72 columns', async () => {
  const { repo } = await ReceiveRepo.started()
  repo.commit({ 'secrets/b\x1b[31m\r\n\x07\xe2\x80\xae': 'hunter2' })
  const env = { FORCE_COLOR: '1', TERM: 'xterm-256color', GIT_CONFIG_PARAMETERS: "'color.remote'='never'" }
  const { stderr } = await repo.refuses(['main'], /plaintext-blob/, { env })
  // git pads with spaces or "erase to the end of the line" by terminal; the rest is ours.
  const text = stderr.replaceAll('\x1b[K', '')
  assert.not.match(text, /[^\n\x20-\x7e…–]/)
  assert.match(text, 'secrets/b\\033[31m\\r\\n\\007')
  const sentences = remote(text).filter((line) => /^ {2}[^ ]/.test(line))
  assert.ok(sentences.length > 1)
  assert.equal(
    sentences.filter((line) => line.length > 72),
    [],
  )
  assert.ok(remote(text).some((line) => line.startsWith('hint: git nixsecret')))
})

test('the first twenty of many, and errors before warnings', async () => {
  const { repo } = await ReceiveRepo.started()
  const files: Record<string, Content> = {}
  for (let i = 0; i < 30; i++) files[`secrets/n${i}`] = `hunter${i}`
  repo.commit(files)
  const { stderr } = await repo.refuses(['main'], /and 10 more of them/)
  assert.is(remote(stderr).filter((line) => line.startsWith('error secrets/')).length, 20)
})

test('a hook that was there runs first, with the same input, and may refuse', async () => {
  const repo = await ReceiveRepo.make()
  rmSync(join(repo.server, 'hooks'), { recursive: true })
  const text = `#!/bin/sh\ncat >'${repo.box.dir}/input'\necho "$#" said no\nexit "$CODE"\n`
  repo.box.write(`${repo.server}/hooks/pre-receive`, text, 0o755)
  await repo.box.ok('git', ['nixsecret', 'init', '--server'], { cwd: repo.server })
  const base = await repo.begin()
  await repo.refuses(['main'], /remote: 0 said no/, { env: { CODE: '3' } })
  assert.is(readFileSync(repo.box.path('input'), 'utf8'), `${'0'.repeat(40)} ${base} refs/heads/main\n`)
  assert.is((await repo.push(['main'], { env: { CODE: '0' } })).code, 0)
  repo.commit({ 'secrets/b': 'hunter2' })
  await repo.refuses(['main'], /plaintext-blob/, { env: { CODE: '0' } })
})

test('closed on doubt: no input, foreign input, objects that are missing, no program', async () => {
  const { repo } = await ReceiveRepo.started()
  const hook = (input: string) =>
    repo.box.run('git-nixsecret', ['hook', 'pre-receive'], { cwd: repo.server, input })
  const zeros = '0'.repeat(40)
  for (const [input, why] of [
    ['', /pre-receive was told of no ref/],
    ['refs/heads/main\n', /cannot read the line refs\/heads\/main/],
    [
      `${zeros} ${'1'.repeat(40)} refs/heads/\x1b[31m\n`,
      /refs\/heads\/\\033\[31m" is not in this repository/,
    ],
  ] as const) {
    const done = await hook(input)
    assert.is(done.code, 2, input)
    assert.match(done.stderr, why)
    assert.match(done.stderr, /what cannot be judged is refused: nothing was taken of this push/)
    assert.not.match(done.stderr, /git fetch/)
  }
  writeFileSync(join(repo.server, 'hooks/pre-receive.nixsecret-program'), '/nowhere\n/nowhere\n')
  repo.commit({ readme: 'x' })
  const env = { PATH: '/usr/bin:/bin' }
  await repo.refuses(['main'], /remote: .*pre-receive cannot check .*, so it stops here/, { env })
  rmSync(join(repo.server, 'hooks/pre-receive.nixsecret-program'))
  const { stderr } = await repo.refuses(['main'], /hint: on the server: put git-nixsecret on PATH/, { env })
  assert.not.match(stderr, /cannot open|No such file/)
})

test('a tree that git cannot read here is no all-clear', async () => {
  const { repo } = await ReceiveRepo.started()
  const tip = repo.commit({ '.gitattributes': `${ATTRIBUTES}x/** filter=nixsecret\n`, readme: 'x' })
  const before = repo.git(['rev-parse', `${tip}~1^{tree}`])
  const file = join(repo.server, 'objects', before.slice(0, 2), before.slice(2))
  const packed = readdirSync(join(repo.server, 'objects/pack'))
  assert.equal(packed, [])
  rmSync(file)
  const done = await repo.push(['main'])
  assert.is(done.code, 1)
  assert.match(done.stderr, /remote: /)
  assert.not.match(done.stderr, /bug in git-nixsecret/)
})

test.run()
