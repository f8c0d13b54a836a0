import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { TwinLock } from '../../src/store/twin-lock.ts'
import { TwinUsers } from '../../src/store/twin-users.ts'
import { Sandbox } from '../support/sandbox.ts'
import { findPlaintext, isAge } from '../support/story.ts'
import { SealedStory } from './sealed-story.ts'

const test = suite('store/together')
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 600; i++) {
    if (condition()) return
    await pause(50)
  }
  throw new Error('it did not come to pass')
}

test('the same twin is shared; a changed one waits until it is free', async () => {
  const story = await SealedStory.begin()
  const [started, end] = [story.person.box.path('started'), story.person.box.path('end')]
  const script = `cat hosts/web.nix; touch ${started}; while ! [ -e ${end} ]; do sleep 0.1; done; cat hosts/web.nix`
  const long = story.sealed(['sh', '-c', script])
  await until(() => existsSync(started))
  assert.is(String(await story.inTwin('hosts/web.nix')), '{ }\n', 'shared')
  story.write('hosts/web.nix', '{ changed = 1; }\n')
  let done = false
  const waiting = story.sealed(['cat', 'hosts/web.nix']).finally(() => {
    done = true
  })
  await pause(2000)
  assert.not.ok(done, 'it waits')
  writeFileSync(end, '')
  assert.is((await long).out, '{ }\n{ }\n', 'the twin did not change under the first')
  const second = await waiting
  assert.is(second.out, '{ changed = 1; }\n')
  assert.match(second.stderr, /waiting: files have changed, and process \d+ still builds/)
})

test('many at once, while files change', async () => {
  const story = await SealedStory.begin()
  const rounds = await Promise.all(
    [1, 2, 3, 4].map(async (n) => {
      story.write('secrets/db', `secret-of-round-${n}-here\n`)
      return story.sealed(['cat', 'secrets/db'])
    }),
  )
  for (const { code, stdout, stderr } of rounds) assert.ok(code === 0 && isAge(stdout), stderr)
  assert.equal(readdirSync(join(story.repo, '.git/nixsecret/twin/users')), [])
  assert.equal(await findPlaintext(story.person, story.repo, ['secret-of-round']), [])
})

test('a command whose sealed was killed keeps the twin as it is for as long as it runs', async () => {
  const story = await SealedStory.begin()
  const { box } = story.person
  const [started, end] = [box.path('started'), box.path('end')]
  const script = `echo $PPID > ${started}; while ! [ -e ${end} ]; do sleep 0.1; done; cat hosts/web.nix > ${box.path('out')}`
  const child = spawn('git', ['nixsecret', 'sealed', 'sh', '-c', script], {
    cwd: story.repo,
    env: box.env,
    detached: true,
  })
  await until(() => existsSync(started))
  await pause(100)
  await box.ok('sh', ['-c', `kill -9 $(cat ${started})`])
  story.write('hosts/web.nix', '{ changed = 1; }\n')
  let done = false
  const waiting = story.inTwin('hosts/web.nix').finally(() => {
    done = true
  })
  await pause(1500)
  assert.not.ok(done)
  writeFileSync(end, '')
  assert.is(String(await waiting), '{ changed = 1; }\n')
  assert.is(await box.ok('cat', [box.path('out')]), '{ }\n')
  assert.ok(child.pid)
})

test('killed at any time, the next run has a whole twin', async () => {
  const story = await SealedStory.begin()
  const { box } = story.person
  for (let i = 0; i < 40; i++) story.write(`secrets/s${i}`, `secret-number-${i}-of-many\n`)
  await story.commit('Many')
  for (let round = 0; round < 25; round++) {
    // From nothing, from a former twin, and from one that is whole already.
    if (round % 5 === 0) rmSync(join(story.repo, '.git/nixsecret/twin'), { recursive: true, force: true })
    story.write('hosts/web.nix', `{ round = ${round}; }\n`)
    story.write(`secrets/s${round}`, `secret-of-round-${round}\n`)
    const child = spawn('git', ['nixsecret', 'sealed', 'true'], {
      cwd: story.repo,
      env: box.env,
      detached: true,
    })
    const closed = new Promise((resolve) => child.on('close', resolve))
    // All of it, at some moment of its life; a seventh of the rounds only Node, whose git goes on.
    const whole = round % 7 !== 0
    await pause(100 + 60 * (round % 13))
    try {
      process.kill(whole ? -(child.pid as number) : (child.pid as number), 'SIGKILL')
    } catch {}
    await closed
    if (round % 3 !== 0) continue
    const { code, stdout, stderr } = await story.sealed([
      'sh',
      '-c',
      `cat hosts/web.nix; for f in secrets/*; do head -c 21 $f; echo; done | sort -u`,
    ])
    assert.is(`${code} ${stdout}`, `0 { round = ${round}; }\nage-encryption.org/v1\n`, stderr)
  }
  assert.is(await story.git('status', '--porcelain', '-uno', '--', 'secrets/s39'), '')
  assert.equal(await findPlaintext(story.person, story.repo, ['secret-number', 'secret-of-round']), [])
  const left = readdirSync(join(story.repo, '.git/nixsecret/twin')).filter((name) =>
    /^(old-|seal-\d|.*tmp$)/.test(name),
  )
  assert.equal(left, [])
})

test('a lock of a process that has ended is taken over, by one of many', async () => {
  const box = new Sandbox('locks')
  const dir = box.path('locks')
  mkdirSync(dir)
  writeFileSync(join(dir, '41'), '999999999 1@boot\n')
  writeFileSync(join(dir, '40'), `${process.pid} 1@another-start\n`)
  const worker = box.write(
    'worker.mts',
    `import { TwinLock } from ${JSON.stringify(new URL('../../src/store/twin-lock.ts', import.meta.url).href)}
     import { rmdirSync, mkdirSync } from 'node:fs'
     for (let i = 0; i < 15; i++) {
       const lock = await TwinLock.take(${JSON.stringify(dir)})
       mkdirSync(${JSON.stringify(box.path('inside'))})   // fails if another is inside
       await new Promise((resolve) => setTimeout(resolve, Math.random() * 5))
       rmdirSync(${JSON.stringify(box.path('inside'))})
       lock.release()
     }`,
  )
  const loader = new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url).href
  await Promise.all([1, 2, 3, 4].map(() => box.ok('node', ['--import', loader, worker])))
  const lock = await TwinLock.take(dir)
  let waited = false
  const other = TwinLock.take(dir, () => {
    waited = true
  })
  await pause(200)
  assert.ok(waited)
  lock.release()
  ;(await other).release()
})

test('who has only begun to take the lock is left alone, and what an ended process left goes', async () => {
  const box = new Sandbox('locks')
  // Made, and nothing written into it yet: the parent of this process is surely one that runs.
  const [begun, left] = [box.write(`locks/own-${process.ppid}`, ''), box.write('locks/own-999999999', '')]
  ;(await TwinLock.take(box.path('locks'))).release()
  assert.ok(existsSync(begun))
  assert.not.ok(existsSync(left))
})

test('users that have ended do not count', () => {
  const box = new Sandbox('users')
  const users = new TwinUsers(box.path('users'))
  const user = users.add()
  assert.equal(users.others(), [process.pid])
  box.write('users/7', '999999999 1@boot\n')
  assert.equal(users.others(), [process.pid])
  assert.not.ok(existsSync(box.path('users/7')))
  user.leave()
  assert.equal(users.others(), [])
})

test.run()
