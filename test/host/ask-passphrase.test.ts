import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needs } from '../support/needs.ts'

const dir = mkdtempSync(join(tmpdir(), 'ask-'))
process.on('exit', () => rmSync(dir, { recursive: true, force: true }))
const cwd = fileURLToPath(new URL('../..', import.meta.url))
const module = fileURLToPath(new URL('../../src/host/ask-passphrase.ts', import.meta.url))
const script = join(dir, 'ask.mts')
writeFileSync(
  script,
  `import { writeFileSync } from 'node:fs'
import { askPassphrase } from ${JSON.stringify(module)}
process.stdin.resume()
const answers = await Promise.all(Array.from({ length: Number(process.argv[3]) }, (_, i) => askPassphrase('Pass\\x1b ' + i + ': ', process.argv[4])))
writeFileSync(process.argv[2], JSON.stringify(answers))
process.exit(0)
`,
)

/** Starts the program on a terminal of its own, types when asked, and says how the terminal was left. */
const DRIVER = `
import fcntl, json, os, pty, select, signal, sys, termios, time
keys = [bytes.fromhex(k) for k in json.loads(sys.argv[1])]
kill = int(sys.argv[2])
fd, slave = pty.openpty()
pid = os.fork()
if pid == 0:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    os.close(fd)
    # stdin and stdout belong to git: here they lead elsewhere.
    null = os.open('/dev/null', os.O_RDWR)
    os.dup2(null, 0); os.dup2(null, 1); os.dup2(slave, 2)
    os.execv(sys.argv[3], sys.argv[3:])
before = termios.tcgetattr(slave)[3]
out = b''
end = time.time() + 30
def read(until):
    global out
    while time.time() < end and not until():
        if select.select([fd], [], [], 0.05)[0]:
            try: out += os.read(fd, 4096)
            except OSError: return
done = lambda: os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
for i, key in enumerate(keys):
    read(lambda: out.count(b': ') > i or done())
    silent = not termios.tcgetattr(slave)[3] & termios.ECHO
    os.write(fd, key)
if kill:
    read(lambda: out.count(b': ') > len(keys) or done())
    os.kill(pid, kill)
read(done)
if not done(): os.kill(pid, signal.SIGKILL)
_, status = os.waitpid(pid, 0)
while select.select([fd], [], [], 0)[0]: out += os.read(fd, 4096)
code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
print(json.dumps({'out': out.decode(), 'code': code, 'restored': termios.tcgetattr(slave)[3] == before, 'silent': bool(keys) and silent}))
`
const driver = join(dir, 'driver.py')
writeFileSync(driver, DRIVER)

interface Session {
  readonly out: string
  readonly code: number
  readonly restored: boolean
  readonly silent: boolean
  readonly answers: readonly (string | null)[] | null
}

let runs = 0

async function session(
  keys: readonly string[],
  { questions = 1, kill = 0, shell = [] as string[], kind = 'secret' } = {},
): Promise<Session> {
  const result = join(dir, `result-${runs++}.json`)
  const typed = JSON.stringify(keys.map((key) => Buffer.from(key).toString('hex')))
  const args = [
    driver,
    typed,
    String(kill),
    ...shell,
    process.execPath,
    '--import',
    'tsx',
    script,
    result,
    String(questions),
    kind,
  ]
  const child = spawn('python3', args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (data) => {
    output += data
  })
  await new Promise((resolve) => child.on('close', resolve))
  const answers = existsSync(result) ? JSON.parse(readFileSync(result, 'utf8')) : null
  return { ...JSON.parse(output), answers }
}

test('without a terminal nobody is asked', async () => {
  const result = join(dir, 'none.json')
  // A session of its own has no controlling terminal.
  const child = spawn(process.execPath, ['--import', 'tsx', script, result, '1'], {
    cwd,
    detached: true,
    stdio: 'ignore',
  })
  assert.is(await new Promise((resolve) => child.on('close', resolve)), 0)
  assert.is(readFileSync(result, 'utf8'), '[null]')
})

const hasPty =
  needs('passphrase on a terminal', 'python3') &&
  spawnSync('python3', ['-c', 'import pty, termios']).status === 0

if (hasPty) {
  test('asks without echo, and leaves the terminal as it was', async () => {
    const { out, code, restored, silent, answers } = await session(['hé\x7fello wörld\r'])
    assert.equal(answers, ['hello wörld'])
    assert.is(out, 'Pass? 0: \r\n')
    assert.is(code, 0)
    assert.ok(silent, 'echo was on')
    assert.ok(restored, 'terminal was changed')
  })

  test('what may be seen is echoed, and edited by the terminal', async () => {
    const { out, restored, silent, answers } = await session(['Adx\x7fa\r'], { kind: 'public' })
    assert.equal(answers, ['Ada'])
    assert.match(out, /^Pass\? 0: Adx\x08 \x08a\r\n$/)
    assert.ok(!silent, 'echo was off')
    assert.ok(restored, 'terminal was changed')
    assert.equal((await session(['\x04'], { kind: 'public' })).answers, [null])
    assert.is((await session(['Ad\x03'], { kind: 'public' })).code, -2)
  })

  test('a message is shown, and nothing is asked', async () => {
    const { out, restored, answers } = await session([], { kind: 'message' })
    assert.equal(answers, [''])
    assert.is(out, 'Pass? 0: \r\n')
    assert.ok(restored)
  })

  test('two questions wait for each other', async () => {
    const { out, answers } = await session(['one\r', 'two\r'], { questions: 2 })
    assert.equal(answers, ['one', 'two'])
    assert.is(out, 'Pass? 0: \r\nPass? 1: \r\n')
  })

  test('Ctrl-C ends the command by SIGINT', async () => {
    const { code, restored, answers, out } = await session(['secr\x03'])
    assert.is(answers, null)
    assert.is(code, -2)
    assert.ok(restored)
    assert.not.match(out, /secr/)
  })

  test('Ctrl-D on an empty line declines', async () => {
    const { code, restored, answers } = await session(['\x04'])
    assert.equal(answers, [null])
    assert.is(code, 0)
    assert.ok(restored)
  })

  test('SIGTERM does not leave the terminal without echo', async () => {
    const { code, restored } = await session([], { kill: 15 })
    assert.is(code, -15)
    assert.ok(restored)
  })

  test('a job in the background is not stopped by asking: it does not ask', async () => {
    const { code, answers } = await session([], { shell: ['/bin/sh', '-mc', '"$@" & wait $!', 'sh'] })
    assert.equal(answers, [null])
    assert.is(code, 0)
  })
}

test.run()
