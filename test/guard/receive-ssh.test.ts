import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { needs } from '../support/needs.ts'
import { sealed } from './guard-repo.ts'
import { ReceiveRepo } from './receive-repo.ts'
import { Sshd } from './receive-sshd.ts'

const test = suite('receive over SSH')
// Debian has it where a user's PATH does not lead.
process.env.PATH = `${process.env.PATH}:/usr/sbin`
const able = needs('pushes over SSH', 'ssh', 'ssh-keygen', 'sshd')
let sshd: Sshd
let repo: ReceiveRepo
let base: string

test.before(async () => {
  if (!able) return
  const started = await ReceiveRepo.started()
  repo = started.repo
  base = started.base
  sshd = await Sshd.start(repo.box)
  repo.git(['remote', 'set-url', 'origin', sshd.url(repo.server)])
})

test.after(async () => {
  if (able) await sshd.stop()
})

if (able) {
  test('plaintext is refused, ciphertext passes, with the PATH that sshd gives', async () => {
    const bad = repo.commit({ 'secrets/b': 'hunter2' })
    const why = /remote: error secrets\/b in [0-9a-f]{12} \[plaintext-blob\]/
    const refused = await repo.refuses(['main'], why, { env: sshd.env })
    assert.match(refused.stderr, bad.slice(0, 12))
    assert.not.match(refused.stderr, /\x1b\[\d+m|hunter2/)
    repo.switchTo('main', base)
    base = repo.commit({ 'secrets/b': await sealed('b') })
    assert.is((await repo.push(['main'], { env: sshd.env })).code, 0)
    assert.is(repo.stored().refs, `refs/heads/main ${base}`)
  })

  test('several refs, a deletion and an annotated tag', async () => {
    repo.commit({ 'secrets/c': 'hunter2' })
    repo.git(['tag', '-a', '-m', 'x', 'v1'])
    await repo.refuses([`${base}:refs/heads/good`, 'v1'], /\[plaintext-blob\]/, { env: sshd.env })
    assert.is((await repo.push([`${base}:refs/heads/good`], { env: sshd.env })).code, 0)
    await repo.refuses([':good', '--force', 'main'], /\[plaintext-blob\]/, { env: sshd.env })
    assert.is((await repo.push([':good'], { env: sshd.env })).code, 0)
  })

  test('where the program is gone the hook refuses, and says so', async () => {
    rmSync(join(repo.server, 'hooks/pre-receive.nixsecret-program'))
    repo.switchTo('main', base)
    repo.commit({ readme: 'x' })
    await repo.refuses(['main'], /remote: .*so it stops here: git-nixsecret is not on PATH/, {
      env: sshd.env,
    })
    await repo.box.ok('git', ['nixsecret', 'init', '--server'], { cwd: repo.server })
    assert.is((await repo.push(['main'], { env: sshd.env })).code, 0)
  })
}

test.run()
