import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Person } from '../support/story.ts'
import { HostPlace } from './host-place.ts'

const test = suite('interrupted deliveries')
const able = HostPlace.able('interrupted deliveries to a real sshd', 'pgrep')
let place: HostPlace
let alice: Person

const MARK = 'plain-mark-73'
/** More than the buffers on the way hold: whoever is stopped in between stops the rest. */
const LARGE = Buffer.alloc(24 << 20, `${MARK} large `)
const POLICY = `
[host.h1]
[[host.h1.key]]
path = "secrets/small"
[[host.h1.key]]
path = "secrets/large"
`

test.before(async () => {
  if (!able) return
  alice = await Person.create('alice')
  place = await HostPlace.start(alice)
  await place.policy(POLICY, { 'secrets/small': `${MARK} one`, 'secrets/large': `${MARK} one` })
  assert.is((await place.deliver('h1')).code, 0)
  await place.policy(POLICY, { 'secrets/small': `${MARK} two`, 'secrets/large': LARGE })
})

test.after(async () => {
  if (able) await place.stop()
})

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const parts = () => place.list('/run/keys').filter((name) => name.startsWith('.'))

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** The process and all below it, children first. */
async function family(pid: number): Promise<number[]> {
  const { out } = await alice.box.run('pgrep', ['-P', String(pid)])
  const below = await Promise.all(
    out
      .split('\n')
      .filter(Boolean)
      .map((child) => family(Number(child))),
  )
  return [...below.flat(), pid]
}

/** A delivery that stands still while the large secret is under way. */
async function halfway() {
  const env = alice.box.env
  const child = spawn('git-nixsecret', ['deliver', 'h1'], {
    cwd: place.repo,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (piece: Buffer) => {
    stderr += piece
  })
  const ended = new Promise<{ code: number | null; signal: string | null; stderr: string }>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stderr }))
  })
  let session: number | undefined
  for (let tries = 0; session === undefined && tries < 6000; tries++) {
    // The second file of two is on its way.
    if (parts().length === 2) [session] = await place.sessions()
    else await pause(5)
  }
  assert.ok(session, 'never under way')
  const there = await family(session)
  process.kill(session, 'SIGSTOP')
  return { pid: child.pid as number, session, there, ended }
}

/** That the host has what it had, under the names that count. */
function asBefore(): void {
  assert.is(place.text('/run/keys/small'), `${MARK} one`)
  assert.is(place.text('/run/keys/large'), `${MARK} one`)
}

async function gone(pids: readonly number[]): Promise<void> {
  for (let tries = 0; tries < 2000 && pids.some(isThere); tries++) await pause(10)
  assert.not.ok(pids.some(isThere), 'somebody is still there')
}

if (able) {
  test('the connection is lost midway: the host is as it was, and clears away by itself', async () => {
    const { session, there, ended } = await halfway()
    asBefore()
    assert.is(place.owner(`/run/keys/${parts()[0]}`), '0:0 600')
    process.kill(session, 'SIGKILL')
    const { code, stderr } = await ended
    assert.is(code, 1)
    assert.match(stderr, /error: h1: the connection was lost.*\(nothing was changed\)/)
    assert.not.match(stderr, MARK)
    await gone(there)
    assert.equal(place.list('/run/keys'), ['large', 'small'])
    asBefore()
  })

  test('everything is killed on both sides: the next delivery removes what was left', async () => {
    const { pid, there, ended } = await halfway()
    const ours = await family(pid)
    for (const one of [...there].reverse()) process.kill(one, 'SIGKILL')
    for (const one of ours) process.kill(one, 'SIGKILL')
    await ended
    await gone([...ours, ...there])
    asBefore()
    assert.is(parts().length, 2)
    const done = await place.deliver('h1')
    assert.is(done.code, 0, done.stderr)
    assert.equal(place.list('/run/keys'), ['large', 'small'])
    assert.ok(readFileSync(place.at('/run/keys/large')).equals(LARGE))
    assert.is((await place.deliver('h1')).out, 'h1: 2 unchanged\n')
    // And back, for what follows.
    await place.policy(POLICY, { 'secrets/small': `${MARK} one`, 'secrets/large': `${MARK} one` })
    await place.deliver('h1')
    await place.policy(POLICY, { 'secrets/small': `${MARK} two`, 'secrets/large': LARGE })
  })

  test('Ctrl-C: every ssh is ended, and we die of the signal', async () => {
    const { pid, session, there, ended } = await halfway()
    const ours = await family(pid)
    assert.ok(ours.length > 1, 'no ssh')
    process.kill(pid, 'SIGINT')
    const { signal, stderr } = await ended
    assert.is(signal, 'SIGINT')
    assert.match(stderr, /h1: it was stopped/)
    await gone(ours)
    process.kill(session, 'SIGCONT')
    await gone(there)
    assert.equal(parts(), [])
    asBefore()
  })

  test('no argument and no environment of any process holds a secret while it is delivered', async () => {
    const { pid, session, there, ended } = await halfway()
    const ours = await family(pid)
    let seen = ''
    for (const one of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      for (const what of ['cmdline', 'environ']) {
        try {
          seen += `${one} ${readFileSync(`/proc/${one}/${what}`, 'latin1')}\n`
        } catch {
          // It ended meanwhile.
        }
      }
    }
    assert.not.match(seen, MARK)
    // That this looks where it should: ssh and the shell behind it are among them.
    for (const one of [...ours, ...there]) assert.match(seen, `\n${one} `)
    assert.match(seen, /ssh\0-F\0[^\0]*\0-T\0/)
    assert.match(seen, /\/bin\/sh\0-c\0eval "\$\(dd/)
    process.kill(session, 'SIGCONT')
    assert.is((await ended).code, 0)
    assert.ok(readFileSync(place.at('/run/keys/large')).equals(LARGE))
  })
}

test.run()
