import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Sandbox } from '../test/support/sandbox.ts'
import type { Contestant } from './contestants.ts'
import { measure } from './measure.ts'

/** Milliseconds that one contestant took for each work on one repository. */
export interface Round {
  readonly add: number
  readonly checkout: number
  readonly status: number
}

const PER_FOLDER = 500

/** `count` files of 1 KiB that no compressor makes smaller than text usually gets. */
export function makeFiles(count: number): Map<string, string> {
  return new Map(
    Array.from({ length: count }, (_, index) => [
      `secrets/${Math.floor(index / PER_FOLDER)}/file-${index}.txt`,
      randomBytes(768).toString('base64'),
    ]),
  )
}

/** An empty repository of a contestant, its configuration and attributes committed. */
export async function makeRepository(sandbox: Sandbox, contestant: Contestant): Promise<string> {
  const dir = mkdtempSync(sandbox.path(`${contestant.name.replace(' ', '-')}-`))
  const git = (...args: string[]) => sandbox.ok('git', args, { cwd: dir })
  await git('init', '--quiet')
  const config = { 'gc.auto': '0', 'maintenance.auto': 'false', ...contestant.config }
  for (const [key, value] of Object.entries(config)) await git('config', key, value)
  const run = async ([command, ...args]: readonly string[] = []) => {
    if (command !== undefined) await sandbox.ok(command, args, { cwd: dir })
  }
  await run(contestant.prepare)
  const attribute = contestant.filter === null ? '' : `secrets/** filter=${contestant.filter} -text\n`
  writeFileSync(join(dir, '.gitattributes'), attribute)
  if (contestant.file !== undefined) writeFileSync(join(dir, contestant.file.name), contestant.file.content)
  await git('add', '.')
  await git('commit', '--quiet', '--no-verify', '-m', 'start')
  await run(contestant.finish)
  return dir
}

/** Adds, checks out and asks for the status of all files, in a fresh repository; checks that all was done. */
export async function round(
  sandbox: Sandbox,
  contestant: Contestant,
  files: Map<string, string>,
): Promise<Round> {
  const dir = await makeRepository(sandbox, contestant)
  const git = async (...args: string[]) => {
    // What was written before must not be written out while the clock runs.
    await sandbox.ok('sync', ['-f', dir])
    return measure('git', args, { cwd: dir, env: sandbox.env })
  }
  const hour = Date.now() / 1000 - 3600
  for (const [path, content] of files) {
    mkdirSync(join(dir, path, '..'), { recursive: true })
    writeFileSync(join(dir, path), content)
  }
  touch(dir, files, hour)
  const add = await git('add', '.')
  await git('commit', '--quiet', '--no-verify', '-m', 'files')
  const [first = ''] = files.keys()
  const blob = (await sandbox.run('git', ['cat-file', 'blob', `HEAD:${first}`], { cwd: dir })).stdout
  if (
    !blob
      .subarray(0, 64)
      .toString('latin1')
      .startsWith(contestant.blobBegins ?? '')
  )
    throw new Error(`${contestant.name}: the blob is not what it should be`)
  rmSync(join(dir, 'secrets'), { recursive: true })
  const checkout = await git('checkout', '--', 'secrets')
  for (const [path, content] of files) {
    if (readFileSync(join(dir, path), 'utf8') !== content)
      throw new Error(`${contestant.name}: ${path} differs`)
  }
  // Not now: a file as young as the index would be cleaned again for that alone.
  touch(dir, files, hour + 60)
  const status = await git('status', '--porcelain')
  if (status.stdout !== '') throw new Error(`${contestant.name}: status is not clean`)
  return { add: add.ms, checkout: checkout.ms, status: status.ms }
}

function touch(dir: string, files: Map<string, string>, seconds: number): void {
  for (const path of files.keys()) utimesSync(join(dir, path), seconds, seconds)
}
