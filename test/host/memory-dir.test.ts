import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { NixsecretError } from '../../src/errors.ts'
import { withMemoryDir } from '../../src/host/memory-dir.ts'

const base = mkdtempSync(join(tmpdir(), 'memory-'))
process.on('exit', () => rmSync(base, { recursive: true, force: true }))
const module = fileURLToPath(new URL('../../src/host/memory-dir.ts', import.meta.url))

test('is in memory, for its owner alone, and gone afterwards', async () => {
  let seen = ''
  const result = await withMemoryDir(async (dir) => {
    seen = dir
    assert.is(statSync(dir).mode & 0o777, 0o700)
    writeFileSync(join(dir, 'secret'), 'x')
    return 7
  })
  assert.is(result, 7)
  assert.not.ok(existsSync(seen))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) assert.is(process.listenerCount(signal), 0)
})

test('is gone after a fault too', async () => {
  let seen = ''
  try {
    await withMemoryDir(async (dir) => {
      seen = dir
      throw new Error('fault')
    })
    assert.unreachable()
  } catch (error) {
    assert.is((error as Error).message, 'fault')
  }
  assert.not.ok(existsSync(seen))
})

test('a directory on disk is never taken', async () => {
  try {
    await withMemoryDir(async () => assert.unreachable(), { candidates: ['/proc', '/none'] })
    assert.unreachable()
  } catch (error) {
    assert.instance(error, NixsecretError)
    assert.is((error as NixsecretError).code, 'io')
  }
})

/** A process that says where its directory is and waits. */
async function start(options: string): Promise<{ child: ChildProcess; dir: string }> {
  const script = join(base, 'wait.mts')
  writeFileSync(
    script,
    `import { withMemoryDir } from ${JSON.stringify(module)}
await withMemoryDir(async (dir) => {
  console.log(dir)
  await new Promise((resolve) => process.stdin.on('end', resolve).resume())
}, ${options})
`,
  )
  const child = spawn(process.execPath, ['--import', 'tsx', script], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const dir = await new Promise<string>((resolve) =>
    child.stdout?.once('data', (data) => resolve(String(data).trim())),
  )
  return { child, dir }
}

const ended = (child: ChildProcess) =>
  new Promise((resolve) => child.on('close', (code, signal) => resolve(signal ?? code)))

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`${signal} removes it, and ends the process as it always does`, async () => {
    const { child, dir } = await start('{}')
    assert.ok(existsSync(dir))
    const end = ended(child)
    child.kill(signal)
    assert.is(await end, signal)
    assert.not.ok(existsSync(dir))
  })
}

test('an editor may have Ctrl-C for itself', async () => {
  const { child, dir } = await start('{ ignoreInterrupt: true }')
  const end = ended(child)
  child.kill('SIGINT')
  await new Promise((resolve) => setTimeout(resolve, 200))
  assert.ok(existsSync(dir))
  child.stdin?.end()
  assert.is(await end, 0)
  assert.not.ok(existsSync(dir))
})

test.run()
