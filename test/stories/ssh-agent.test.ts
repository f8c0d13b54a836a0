import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findProgram } from '../../src/host/find-program.ts'
import { needs } from '../support/needs.ts'
import { SshAgent } from '../support/ssh-agent.ts'
import { blobOf, findPlaintext, isAge, Person, read, startRepository } from '../support/story.ts'

const MARK = 'plain-mark-83'
const FILES = 9

/** An `ssh-keygen` before the real one that writes down how it is called, and what lies beside the public key. */
function watchKeygen(person: Person): () => string[] {
  const log = person.box.path('keygen.log')
  person.box.write(
    join(person.box.bin, 'ssh-keygen'),
    `#!/bin/sh
for last; do :; done
terminal=$( (: </dev/tty) 2>/dev/null && echo terminal || echo none)
printf '%s|' "$*" "$SSH_ASKPASS" "$SSH_ASKPASS_REQUIRE" "$(ls "\${last%/*}")" "$(stat -c %a "\${last%/*}")" "$(stat -f -c %T "\${last%/*}")" "$terminal" >>'${log}'
echo >>'${log}'
exec '${findProgram('ssh-keygen')}' "$@"
`,
    0o700,
  )
  let seen = 0
  return () => {
    const lines = (read(person.box.dir, 'keygen.log')?.toString('utf8') ?? '')
      .split('\n')
      .filter((line) => line.includes('-Y sign'))
    const fresh = lines.slice(seen)
    seen = lines.length
    return fresh
  }
}

if (needs('keys of ssh-agent', 'ssh-agent', 'ssh-add', 'ssh-keygen')) {
  test('a person whose key only ssh-agent holds: enrol, encrypt, clone, decrypt; without the agent files stay locked', async () => {
    const alice = await Person.create('alice', { key: false })
    const { box } = alice
    const agent = await SshAgent.start(box)
    const own = await agent.make('alice', ['-t', 'ed25519'])
    const ecdsa = await agent.make('other', ['-t', 'ecdsa'])
    const env = { ...agent.env, SSH_ASKPASS: '/nonexistent', DISPLAY: 'x' }
    const run = (args: string[], cwd: string, more: Record<string, string> = {}) =>
      box.run('git', ['nixsecret', ...args], { cwd, env: { ...env, ...more } })
    const calls = watchKeygen(alice)

    // The only one that can be used; by file, fingerprint and comment the same.
    const first = await run(['identity', '--ssh-agent'], box.dir)
    assert.is(first.code, 0, first.stderr)
    const recipient = first.out.trim()
    assert.match(recipient, /^age1[0-9a-z]{58}$/)
    assert.match(first.stderr, new RegExp(`hint: git nixsecret recipient add NAME ${recipient}`))
    assert.match(first.stderr, /whoever may use this agent/)
    const twice = calls()
    assert.is(twice.length, 2, 'it signs twice before it is enrolled')
    for (const call of twice) {
      const [args, ...rest] = call.split('|')
      assert.match(args ?? '', /^-Y sign -U -n git-nixsecret -f \/\S+\/key\.pub$/)
      assert.equal(rest, ['', 'never', 'key.pub', '700', 'tmpfs', 'none', ''])
    }
    const print = (await box.ok('ssh-keygen', ['-lf', own])).split(' ')[1] as string
    for (const key of [own, own.replace(/\.pub$/, ''), print, 'alice'])
      assert.is((await run(['identity', '--ssh-agent', key], box.dir)).out.trim(), recipient, key)
    for (const [key, why] of [
      [ecdsa, /ECDSA/],
      ['other', /ECDSA/],
      ['nobody', /holds no key nobody/],
    ] as const) {
      const refused = await run(['identity', '--ssh-agent', key], box.dir)
      assert.is(refused.code, 2)
      assert.match(refused.stderr, why)
      assert.is(refused.out, '')
    }

    // A new repository: the derived recipient is its first reader.
    const repo = box.path('repo')
    await box.ok('git', ['init', '-q', repo])
    const init = await run(['init', '--identity', own], repo)
    assert.is(init.code, 0, init.stderr)
    assert.match(readFileSync(join(repo, 'nixsecret.toml'), 'utf8'), `"${recipient}"`)
    for (let i = 0; i < FILES; i++) box.write(join(repo, `secrets/${i}`), `${MARK} ${i}\n`, 0o600)
    calls()
    await box.ok('git', ['add', '-A'], { cwd: repo, env })
    await box.ok('git', ['commit', '-qm', 'secrets'], { cwd: repo, env })
    assert.equal(calls(), [], 'encrypting asks no agent')
    assert.ok(isAge(await blobOf(alice, repo, 'HEAD:secrets/0')))

    // A clone: one signature for all files of a checkout.
    await box.ok('git', ['config', '--global', 'nixsecret.identity', own])
    const clone = box.path('clone')
    await box.ok('git', ['clone', '-q', repo, clone], { env })
    const cloned = await run(['init'], clone)
    assert.match(cloned.out, /decrypted +9 files/)
    for (let i = 0; i < FILES; i++) assert.is(read(clone, `secrets/${i}`)?.toString(), `${MARK} ${i}\n`)
    await box.ok('git', ['rm', '-qrf', '--cached', '.'], { cwd: clone, env })
    calls()
    await box.ok('git', ['reset', '-q', '--hard'], { cwd: clone, env })
    assert.is(read(clone, 'secrets/8')?.toString(), `${MARK} 8\n`)
    assert.is(statSync(join(clone, 'secrets/8')).mode & 0o077, 0)
    assert.is(calls().length, 1)
    assert.is(await box.ok('git', ['status', '--porcelain'], { cwd: clone, env }), '')
    box.write(join(clone, 'secrets/8'), `${MARK} changed\n`)
    await box.ok('git', ['commit', '-qam', 'change'], { cwd: clone, env })
    assert.match(await box.ok('git', ['log', '-p', '-1'], { cwd: clone, env }), `+${MARK} changed`)

    // What others say of it.
    const listed = JSON.parse((await run(['identity', '--json'], clone)).out)
    assert.equal(listed, [{ file: own, recipient, throughAgent: true }])
    assert.is((await run(['identity'], clone)).out, `# ${own}, through ssh-agent\n${recipient}\n`)
    assert.match((await run(['recipient', 'list'], clone)).out, /\(you\)/)
    const doctor = await run(['doctor'], clone)
    assert.match(doctor.out, /ok +\S*alice\.pub, through ssh-agent: \S+ in the policy/)
    assert.not.match(doctor.out, /others can read/)
    const status = await run(['status'], clone)
    assert.is(status.code, 0, status.stderr + status.out)

    // The agent is locked, empty, not told of, gone: git goes on, files stay locked, one line says why.
    const gone: [string, Record<string, string>, RegExp, () => Promise<unknown>][] = [
      ['locked', {}, /does not hold \S*alice\.pub, or it is locked/, () => agent.add('-x')],
      ['unlocked', {}, /^$/, () => agent.add('-X')],
      ['untold', { SSH_AUTH_SOCK: '' }, /SSH_AUTH_SOCK is not set/, async () => {}],
      ['empty', {}, /does not hold/, () => agent.add('-D')],
      ['stopped', {}, /no ssh-agent answers/, () => agent.stop()],
    ]
    for (const [name, more, why, act] of gone) {
      await act()
      const dir = box.path(`clone-${name}`)
      await box.ok('git', ['clone', '-q', clone, dir], { env })
      const set = await run(['init'], dir, more)
      assert.is(set.code, 0, set.stderr)
      const opened = name === 'unlocked'
      assert.match(set.stderr, why)
      assert.is(isAge(read(dir, 'secrets/1') as Buffer), !opened, name)
      const checkout = await box.run('git', ['checkout', '-q', '-B', 'other', 'HEAD~1'], {
        cwd: dir,
        env: { ...env, ...more },
      })
      assert.is(checkout.code, 0, checkout.stderr)
      const both = await box.run('git', ['status', '--porcelain'], { cwd: dir, env: { ...env, ...more } })
      assert.is(both.stdout.toString(), '', name)
      if (opened) continue
      assert.is(checkout.stderr.match(/warning: .*ssh-agent/g)?.length, 1, checkout.stderr)
      assert.match(checkout.stderr, why)
      const commands = name === 'locked' ? ['unlock', 'doctor', 'status', 'identity'] : ['unlock']
      for (const args of [...commands.map((word) => [word]), ['show', 'secrets/1']]) {
        const said = await run(args, dir, more)
        assert.match(said.stderr + said.out, why, args[0])
        assert.not.match(said.stderr + said.out, MARK)
      }
    }
    // A private key without passphrase beside the public one is not read.
    await box.ok('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', box.path('plain')])
    const beside = await run(['identity', '--ssh-agent', box.path('plain.pub')], box.dir)
    assert.is(beside.code, 2)
    assert.match(beside.stderr, /no ssh-agent answers/)

    for (const dir of [repo, clone]) assert.equal(await findPlaintext(alice, dir, [MARK]), [])
    const kept = box
      .files(box.dir)
      .filter((file) => /SSH SIGNATURE|AGE-SECRET-KEY/.test(readFileSync(file, 'latin1')))
    assert.equal(kept, [])
    for (const dir of ['/dev/shm', process.env.XDG_RUNTIME_DIR ?? '/dev/shm'])
      if (existsSync(dir))
        assert.equal(
          readdirSync(dir).filter((name) => name === `git-nixsecret-${process.pid}`),
          [],
        )
  })

  test('RSA; several keys; an agent that asks', async () => {
    const bob = await Person.create('bob')
    const { box } = bob
    const repo = await startRepository(bob)
    const agent = await SshAgent.start(box)
    const rsa = await agent.make('bob', ['-t', 'rsa', '-b', '2048'])
    const env = agent.env
    const ask = (args: string[], more: Record<string, string> = {}) =>
      box.run('git', ['nixsecret', ...args], { cwd: repo, env: { ...env, ...more } })
    const recipient = (await ask(['identity', '--ssh-agent'])).out.trim()
    await agent.make('second', ['-t', 'ed25519'])
    const several = await ask(['identity', '--ssh-agent'])
    assert.is(several.code, 2)
    assert.is(
      several.stderr.match(/hint: git nixsecret identity --ssh-agent SHA256:\S+ +# (bob|second)/g)?.length,
      2,
    )

    // What the real age encrypts for the recipient, the agent opens; a plain key comes first.
    const sealed = box.path('sealed.age')
    copyFileSync(rsa, join(box.home, '.ssh/rsa.pub'))
    if (needs('a file that age encrypted', 'age')) {
      await box.ok('age', ['-r', recipient, '-o', sealed], { input: MARK })
      await ask(['recipient', 'add', 'agent', recipient])
      await box.ok('git', ['config', '--add', 'nixsecret.identity', '~/.ssh/id_ed25519'], { cwd: repo })
      await box.ok('git', ['config', '--add', 'nixsecret.identity', '~/.ssh/rsa.pub'], { cwd: repo })
      const set = await box.run('git', ['nixsecret', 'show', sealed], { cwd: repo, env })
      assert.is(set.code, 2)
      copyFileSync(sealed, join(repo, 'sealed'))
      assert.is((await ask(['show', 'sealed'])).out, MARK)
    }

    const yes = box.write('yes', '#!/bin/sh\nexit 0\n')
    chmodSync(yes, 0o700)
    for (const [name, program, code] of [
      ['asking', yes, 0],
      ['deaf', undefined, 2],
    ] as const) {
      const asking = await SshAgent.start(box, name, program)
      const key = await asking.make(`${name}-key`, ['-t', 'ed25519'], ['-c'])
      const answer = await ask(['identity', '--ssh-agent', key], asking.env)
      assert.is(answer.code, code, answer.stderr)
      if (code === 2)
        assert.match(answer.stderr, /refused to sign with \S+: it was not confirmed \(ssh-add -c\)/)
      await asking.stop()
    }
    await agent.stop()
  })
}

test.run()
