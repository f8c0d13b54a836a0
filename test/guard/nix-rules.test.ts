import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { checkAll, checkRange, checkRevision, checkStaged } from '../../src/guard/check.ts'
import type { Finding } from '../../src/guard/finding.ts'
import { letters, MADE } from './content/made-secrets.ts'
import { type Content, GuardRepo, policyText, sealed } from './guard-repo.ts'

const RULES = /^nix-/

let shared: { repo: GuardRepo; base: string } | null = null

/** `severity rule path:line:column` of what the Nix rules find in one commit with these files, after the usual first. */
async function found(files: Readonly<Record<string, Content>>): Promise<string[]> {
  if (shared === null) {
    const repo = new GuardRepo()
    shared = { repo, base: await repo.begin() }
  }
  const { repo, base } = shared
  repo.git(['read-tree', base])
  repo.commit(files, [base])
  return brief((await checkRevision(await repo.open(), 'HEAD', repo.options)).findings)
}

function brief(findings: readonly Finding[]): string[] {
  return findings
    .filter(({ rule }) => RULES.test(rule))
    .map(({ severity, rule, path, line, column }) => `${severity} ${rule} ${path}:${line}:${column}`)
}

test('a secret in an option, where it stands; a hash is a warning', async () => {
  const source =
    '# ünïcode\n{\n  users.users.é.password = "hunter2";\n  users.users.b.hashedPassword = "$6$abcdefgh$' +
    `${letters(86, 'hash')}";\n}\n`
  assert.equal(await found({ 'a.nix': source, 'a.txt': source }), [
    'error nix-inline-secret a.nix:3:28',
    'warning nix-inline-secret a.nix:4:34',
  ])
})

test('messages name the option and never the secret', async () => {
  const repo = new GuardRepo()
  await repo.begin()
  repo.commit({ 'a.nix': '{ users.users."a\u001b[2Jb".password = "hunter2"; }' })
  const { findings } = await checkRevision(await repo.open(), 'HEAD', repo.options)
  const text = JSON.stringify(findings)
  assert.not.match(text, 'hunter2')
  assert.is(
    findings.some(({ message }) => /[\u0000-\u001f]/.test(message)),
    false,
  )
})

test('an option that takes a secret file: plaintext that is tracked, and nothing else', async () => {
  const yubikey = MADE.AGE_YUBIKEY?.value ?? ''
  const option = (target: string) => `{ services.x.passwordFile = ${target}; }\n`
  const cases: [string, Record<string, Content>, boolean][] = [
    ['../plain', { plain: 'geheim\n' }, true],
    ['../. + "/plain"', { plain: 'geheim\n' }, true],
    ['"${../plain}"', { plain: 'geheim\n' }, true],
    ['self + "/plain"', { plain: 'geheim\n', 'flake.nix': '{ }' }, true],
    ['../plain', {}, false],
    ['../plain', { plain: await sealed('geheim') }, false],
    ['../plain', { plain: '' }, false],
    ['../plain', { plain: `# serial\n${yubikey}\n` }, false],
    [
      '../plain',
      { plain: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBPRNyUihwTsloxQwA49EoQePryWKnGj3svr3Mj0F5wA\n' },
      false,
    ],
    ['../secrets/a', {}, false],
    ['"/run/secrets/plain"', { plain: 'geheim\n' }, false],
    ['../../plain', { plain: 'geheim\n' }, false],
  ]
  for (const [target, files, bad] of cases) {
    const wanted = bad ? ['error nix-plaintext-file hosts/a.nix:1'] : []
    const got = (await found({ ...files, 'hosts/a.nix': option(target) }))
      .filter((line) => /plaintext-file/.test(line))
      .map((line) => line.replace(/:\d+$/, ''))
    assert.equal(got, wanted, `${target} ${Object.keys(files)}`)
  }
})

test('where a symlink leads is no secret', async () => {
  const repo = new GuardRepo()
  await repo.begin()
  const link = { mode: '120000', oid: repo.blob('somewhere') }
  repo.commit({ plain: link, 'a.nix': '{ services.x.passwordFile = ./plain; }' })
  assert.equal(brief((await checkRevision(await repo.open(), 'HEAD', repo.options)).findings), [])
})

test('a flake below the top: self is its own directory', async () => {
  const files = {
    'sub/flake.nix': '{ }',
    'sub/plain': 'geheim\n',
    'sub/x/a.nix': '{ a.passwordFile = "${self}/plain"; }',
  }
  assert.equal((await found(files)).length, 1)
  assert.equal(
    await found({ ...files, 'sub/flake.nix': null, plain: 'geheim\n', 'sub/plain': null }).then(
      (l) => l.length,
    ),
    1,
  )
})

test('what reads a protected file while Nix evaluates', async () => {
  const cases: [string, string][] = [
    ['builtins.readFile ../secrets/a', 'error'],
    ['builtins.fromJSON (builtins.readFile ../secrets/a)', 'error'],
    ['import ../secrets/a', 'error'],
    ['import ../secrets', ''],
    ['"x${../secrets/a}"', 'error'],
    ['builtins.path { path = ../secrets/a; }', 'error'],
    ['builtins.fetchGit ../.', 'error'],
    ['builtins.path { path = ../.; }', 'warning'],
    ['pkgs.mkDerivation { src = ../.; }', 'warning'],
    ['{ base = ../.; }', ''],
    ['builtins.readFile ../other', ''],
    ['builtins.toFile "x" (builtins.readFile ../secrets/a)', 'error'],
    ['builtins.hashFile "sha256" ../secrets/a', ''],
  ]
  for (const [expression, severity] of cases) {
    const lines = await found({ other: 'x', 'hosts/a.nix': `{ pkgs, ... }:\n{ x = ${expression}; }\n` })
    const severities = [...new Set(lines.map((line) => line.split(' ')[0]))]
    assert.equal(severities, severity === '' ? [] : [severity], `${expression}: ${lines}`)
    for (const line of lines) assert.match(line, /nix-eval-read hosts\/a\.nix:2:/)
  }
})

test('a directory with a protected default.nix, which import takes', async () => {
  const files = { 'secrets/default.nix': await sealed('{ }'), 'a.nix': '{ imports = [ ./secrets ]; }' }
  assert.equal(await found(files), ['error nix-eval-read a.nix:1:15'])
})

test('store = "plaintext" and sealed files are exempt', async () => {
  const read = { 'a.nix': 'builtins.readFile ./secrets/a' }
  const rule = '[[rule]]\npaths = ["/secrets/a"]\nstore = "plaintext"\n'
  assert.is((await found(read)).length, 1)
  assert.equal(await found({ ...read, 'nixsecret.toml': policyText() + rule }), [])
  assert.equal(await found({ ...read, '.gitattributes': 'secrets/** filter=nixsecret-sealed -text\n' }), [])
})

test('commands and variables that bring secrets in', async () => {
  const source =
    '{\n  a = builtins.exec [ "pass" "x" ];\n  b = builtins.extraBuiltins.pass "x";\n  c = builtins.getEnv "DB_PASSWORD";\n  d = builtins.getEnv "PWD";\n}\n'
  assert.equal(
    (await found({ 'a.nix': source })).map((line) => line.replace(/:\d+$/, '')),
    ['error nix-eval-command a.nix:2', 'error nix-eval-command a.nix:3', 'error nix-eval-command a.nix:4'],
  )
})

test('our own show is let in by store = "plaintext" for what it shows, where that is written out', async () => {
  const rule = '[[rule]]\npaths = ["/secrets/eval/*"]\nstore = "plaintext"\n'
  const policy = { 'nixsecret.toml': policyText() + rule }
  const show = (...words: string[]) => `builtins.exec [ ${words.join(' ')} ]`
  const line = '"git" "nixsecret" "show" "--format" "nix" "--"'
  const cases: [string, boolean][] = [
    [show(line, '"secrets/eval/a"'), true],
    [show(line, '"./secrets//eval/../eval/a"'), true],
    [show('"git" "-C" "/home/me/config" "nixsecret" "show" "--format=nix" "secrets/eval/a"'), true],
    [show('"git" "-C" root "nixsecret" "show" "--allowed-only" "--format" "nix" "secrets/eval/a"'), true],
    [show('"git-nixsecret" "show" "--rev" "v1" "--format" "nix" "--" "secrets/eval/a"'), true],
    ['(with builtins; exec [ "git" "nixsecret" "show" "--format" "nix" "secrets/eval/a" ])', true],
    ['builtins.extraBuiltins.nixsecret "secrets/eval/a"', true],
    ['extraBuiltins.nixsecretIn root "secrets/eval/a"', true],
    [show(line, '"secrets/a"'), false],
    [show(line, '"secrets/eval/../a"'), false],
    [show(line, '"../secrets/eval/a"'), false],
    [show(line, '"/secrets/eval/a"'), false],
    [show(line, 'file'), false],
    [show(line, '"secrets/eval/${file}"'), false],
    [show(line, '"secrets/eval/a"', '"secrets/a"'), false],
    [show('"git" "show" "HEAD:secrets/eval/a"'), false],
    [show('"sh" "-c" "git nixsecret show secrets/eval/a"'), false],
    [`builtins.exec ([ ${line} ] ++ [ "secrets/eval/a" ])`, false],
    ['builtins.extraBuiltins.nixsecret "secrets/a"', false],
    ['builtins.extraBuiltins.nixsecret file', false],
    ['map builtins.extraBuiltins.nixsecret [ "secrets/eval/a" ]', false],
    ['(builtins.extraBuiltins.nixsecret or null) "secrets/eval/a"', false],
    ['extraBuiltins.nixsecretIn "secrets/eval/a"', false],
    ['builtins.extraBuiltins.pass "secrets/eval/a"', false],
  ]
  const source = `root: file:\n[\n${cases.map(([text]) => `  (${text})\n`).join('')}]\n`
  const lines = cases.flatMap(([, fine], i) => (fine ? [] : [i + 3]))
  const at = (found: string[]) => found.map((one) => Number(one.split(':')[1]))
  assert.equal(at(await found({ ...policy, 'a.nix': source })), lines)
  // Without the rule all of them.
  assert.equal(
    at(await found({ 'a.nix': source })),
    cases.map((_, i) => i + 3),
  )
  const called = '{ a = f: builtins.exec [ "git" "nixsecret" "show" f ]; b = a "secrets/eval/a"; }'
  assert.is((await found({ ...policy, 'a.nix': called })).length, 1)
})

test('the hint for a command names store = "plaintext", and the file where it is known', async () => {
  const repo = new GuardRepo()
  await repo.begin()
  repo.commit({ 'a.nix': '[ (extraBuiltins.nixsecret "secrets/a") (extraBuiltins.pass "a") ]' })
  const { findings } = await checkRevision(await repo.open(), 'HEAD', repo.options)
  const hints = findings.map(({ hint }) => hint)
  assert.is(hints.length, 2)
  for (const hint of hints) assert.match(hint, 'store = "plaintext"')
  assert.match(hints[0] ?? '', /^# {3}secrets\/a$/m)
  assert.match(findings[0]?.message ?? '', /extraBuiltins\.nixsecret brings secrets\/a in/)
})

test('too deep to be looked through is said', async () => {
  const deep = `{ password = ${'['.repeat(2000)}${']'.repeat(2000)}; }`
  assert.equal(
    (await found({ 'a.nix': deep })).map((line) => line.split(':')[0]),
    ['warning nix-unreadable a.nix'],
  )
})

test('of an old commit, a read that no tip has is a note; a secret is an error for ever', async () => {
  const repo = new GuardRepo()
  const base = await repo.begin()
  repo.commit({
    'a.nix': 'builtins.readFile ./secrets/a',
    'b.nix': '{ users.users.a.password = "hunter2"; }',
  })
  repo.commit({ 'a.nix': '{ }', 'b.nix': '{ }' })
  for (const result of [
    await checkRange(await repo.open(), `${base}..HEAD`, repo.options),
    await checkAll(await repo.open(), repo.options),
  ])
    assert.equal(
      brief(result.findings).map((line) => line.split(':')[0]),
      ['note nix-eval-read a.nix', 'error nix-inline-secret b.nix'],
    )
})

test('staged: what the commit changes is read, by what the index has', async () => {
  const repo = new GuardRepo()
  await repo.begin()
  repo.commit({ 'old.nix': '{ users.users.a.password = "hunter2"; }' })
  repo.stage({ 'new.nix': '{ services.x.passwordFile = ./plain; }', plain: 'geheim\n' })
  const { findings } = await checkStaged(await repo.open(), repo.options)
  assert.equal(brief(findings), ['error nix-plaintext-file new.nix:1:29'])
})

test('a comment that does not count is spoken of, and what would count', async () => {
  const repo = new GuardRepo()
  await repo.begin()
  const secret = (comment: string) => `# ${comment}\n{ users.users.a.password = "hunter2"; }\n`
  repo.commit({
    'counts.nix': secret('nixsecret: allow nix-inline-secret: a test machine'),
    'reason.nix': secret('nixsecret: allow nix-inline-secret'),
    'rule.nix': secret('nixsecret: allow inline-secret: a test machine'),
    'none.nix': secret('a test machine'),
    key: `# nixsecret: allow private-key: a test\n${MADE.AGE?.value}\n`,
  })
  const { findings, silenced } = await checkRevision(await repo.open(), 'HEAD', repo.options)
  assert.is(silenced, 1)
  const remark = Object.fromEntries(findings.map(({ path, hint }) => [path, hint.split('\n').at(-1)]))
  const wanted =
    '# the comment there does not count; it must read: nixsecret: allow nix-inline-secret: and a reason'
  assert.is(remark['reason.nix'], wanted)
  assert.is(remark['rule.nix'], wanted)
  assert.not.match(remark['none.nix'] ?? '', 'comment')
  assert.is(remark.key, '# no comment allows private-key: [[check.allow]] in nixsecret.toml does')
})

test.run()
