import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { GuardRepo, sealed } from './guard-repo.ts'
import { sarifProblems } from './sarif-schema.ts'

function check(repo: GuardRepo, args: string[]) {
  return repo.box.run('git-nixsecret', ['check', ...args], { cwd: repo.dir })
}

test('SARIF of a commit: valid, with its revision, and of an odd name', async () => {
  const repo = new GuardRepo()
  await repo.begin()
  const clean = await check(repo, ['--rev', 'HEAD', '--format', 'sarif'])
  assert.is(clean.code, 0)
  assert.equal(sarifProblems(JSON.parse(clean.out)), [])
  assert.equal(JSON.parse(clean.out).runs[0].results, [])
  repo.git(['remote', 'add', 'origin', 'https://me:t0ken@example.org/a.git'])
  const bad = repo.commit({ 'secrets/\xff #': 'hunter2' })
  const found = await check(repo, ['--rev', 'HEAD', '--format', 'sarif'])
  assert.is(found.code, 1)
  const log = JSON.parse(found.out)
  assert.equal(sarifProblems(log), [])
  const [run] = log.runs
  const [result] = run.results.filter((one: { ruleId: string }) => one.ruleId === 'plaintext-blob')
  assert.is(result.locations[0].physicalLocation.artifactLocation.uri, 'secrets/%FF%20%23')
  assert.is(result.properties.commit, bad)
  assert.match(result.properties.hint, 'git add --renormalize')
  const where = {
    repositoryUri: 'https://example.org/a.git',
    revisionId: bad,
    mappedTo: { uriBaseId: '%SRCROOT%' },
  }
  assert.equal(run.versionControlProvenance, [where])
  assert.not.match(found.out, /t0ken|hunter2/)
  assert.match(found.stderr, /1 error/)
})

test('a fault prints nothing that could be taken for a result', async () => {
  const repo = new GuardRepo()
  await repo.begin()
  const lost = repo.blob(await sealed('lost'))
  repo.commit({ 'secrets/lost': { mode: '100644', oid: lost } })
  const file = repo.box.path('repo', '.git/objects', lost.slice(0, 2), lost.slice(2))
  await repo.box.ok('rm', ['-f', file])
  for (const args of [['--rev', 'nothing'], ['--rev', 'HEAD'], ['--all']])
    for (const format of ['json', 'sarif']) {
      const { code, out, stderr } = await check(repo, [...args, '--format', format])
      assert.equal([code, out], [2, ''], `${args} ${format}`)
      assert.match(stderr, /^git-nixsecret: error: /)
    }
})

test('the work tree beside a commit: what both have is said once', async () => {
  const repo = new GuardRepo()
  repo.commit({ 'a.nix': '{ users.users.bob.password = "Tr0ub4dor3x"; }' })
  repo.box.write(`${repo.dir}/a.nix`, '\n{ users.users.bob.password = "Tr0ub4dor3x"; }')
  repo.box.write(`${repo.dir}/b.nix`, '{ services.k3s.token = "K10abcdef1234567890xyz"; }')
  const places = async (args: string[]) => {
    const { code, out } = await check(repo, [...args, '--json'])
    assert.is(code, 1)
    const { findings } = JSON.parse(out) as {
      findings: { path: string; line: number; commit: string | null }[]
    }
    return findings.map(({ path, line, commit }) => `${path}:${line}${commit === null ? '' : ' HEAD'}`).sort()
  }
  assert.equal(await places(['--files']), ['a.nix:2', 'b.nix:1'])
  assert.equal(await places(['--files', '--rev', 'HEAD']), ['a.nix:1 HEAD', 'b.nix:1'])
  const bare = new GuardRepo(['--bare'])
  const refused = await check(bare, ['--files', '--json'])
  assert.equal([refused.code, refused.out], [2, ''])
})

test('who reads the output may go away: no stack trace, and no success', async () => {
  const repo = new GuardRepo()
  await repo.begin()
  const oid = repo.blob('hunter2')
  const long = `${'x'.repeat(200)}/`.repeat(15)
  repo.stage(
    Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [`secrets/${long}${i}`, { mode: '100644', oid }]),
    ),
  )
  for (const format of ['text', 'json', 'sarif']) {
    const command = `{ git-nixsecret check --staged --format ${format}; echo "code $?" >&2; } | head -c 1`
    const { out, stderr } = await repo.box.run('sh', ['-c', command], {
      cwd: repo.dir,
    })
    assert.is(out.length, 1)
    assert.match(stderr, /^code (141|1)$/m)
    assert.not.match(stderr, /^\s+at |bug in git-nixsecret/m)
  }
})

test.run()
