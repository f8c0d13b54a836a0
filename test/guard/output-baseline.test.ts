import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { GuardRepo } from './guard-repo.ts'

function check(repo: GuardRepo, args: string[]) {
  return repo.box.run('git-nixsecret', ['check', ...args], { cwd: repo.dir })
}

const nix = (user: string) => `{ users.users.${user}.password = "Tr0ub4dor3x"; }`

test('a baseline: what was found is silenced and counted, what is new is not, and it can be written again', async () => {
  const repo = new GuardRepo()
  repo.commit({ 'a.nix': nix('bob'), 'b.nix': nix('eve') })
  const written = await check(repo, ['--all', '--write-baseline'])
  assert.equal([written.code, written.out], [0, ''], written.stderr)
  assert.match(written.stderr, 'nixsecret-baseline.json has 2 entries now')
  assert.match(written.stderr, 'hint: git add :/nixsecret-baseline.json')
  const text = readFileSync(`${repo.dir}/nixsecret-baseline.json`, 'utf8')
  assert.not.match(text, 'Tr0ub4dor3x')
  repo.commit({ 'nixsecret-baseline.json': text })
  const quiet = await check(repo, ['--rev', 'HEAD', '--json'])
  assert.is(quiet.code, 0)
  assert.equal(JSON.parse(quiet.out), { findings: [], silenced: 2 })
  assert.match(quiet.stderr, 'nothing found, 2 silenced')
  repo.commit({ 'c.nix': nix('al') })
  const found = await check(repo, ['--rev', 'HEAD', '--json'])
  assert.is(found.code, 1)
  assert.equal(
    JSON.parse(found.out).findings.map(({ path }: { path: string }) => path),
    ['c.nix'],
  )
  // What the old one holds is found, too, when a new one is written.
  await check(repo, ['--write-baseline'])
  const again = JSON.parse(readFileSync(`${repo.dir}/nixsecret-baseline.json`, 'utf8'))
  assert.match(JSON.stringify(again), /a\.nix.*b\.nix.*c\.nix/)
})

test('a bare repository has no place for a baseline', async () => {
  const repo = new GuardRepo(['--bare'])
  await repo.begin()
  const { code, out, stderr } = await check(repo, ['--write-baseline'])
  assert.equal([code, out], [2, ''])
  assert.match(stderr, 'write it in a clone')
})

test.run()
