import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Sandbox } from '../test/support/sandbox.ts'
import { makeSshKey } from '../test/support/ssh-key.ts'
import { measure, median } from './measure.ts'
import type { Row } from './table.ts'

/** Files of the tree; every thirtieth is a secret. */
const FILES = 3000
/** Milliseconds above the command alone: on an unchanged tree, and after one file was edited. */
const UNCHANGED = 300
const EDITED = 500

/** What `sealed` adds to a command. */
export async function measureSealed(
  sandbox: Sandbox,
  runs: number,
  progress: (text: string) => void,
): Promise<Row[]> {
  progress(`sealed, ${runs} runs`)
  const dir = await makeTree(sandbox)
  const place = { cwd: dir, env: sandbox.env }
  const sealed = async () => (await measure('git', ['nixsecret', 'sealed', 'true'], place)).ms
  const first = await sealed()
  const taken = {
    alone: [] as number[],
    unchanged: [] as number[],
    code: [] as number[],
    secret: [] as number[],
  }
  for (let run = 0; run < runs; run++) {
    taken.alone.push((await measure('true', [], place)).ms)
    taken.unchanged.push(await sealed())
    writeFileSync(join(dir, 'modules/10/m1.nix'), `{ run = ${run}; }\n`)
    taken.code.push(await sealed())
    writeFileSync(join(dir, 'secrets/s0'), `secret of run ${run}\n`)
    taken.secret.push(await sealed())
    // Its commit makes the index another one, as work does.
    await sandbox.ok('git', ['commit', '-q', '--no-verify', '-a', '-m', `Run ${run}`], { cwd: dir })
    await sealed()
  }
  const alone = median(taken.alone)
  const row = (work: string, times: readonly number[], target: number | null): Row => ({
    work: `sealed true, ${FILES} files, ${work}`,
    against: 'sealed true − true',
    measured: median(times) - alone,
    unit: 'ms',
    target,
    detail: `${median(times).toFixed(0)} ms − ${alone.toFixed(0)} ms`,
  })
  return [
    row('unchanged', taken.unchanged, UNCHANGED),
    row('one file edited', taken.code, EDITED),
    row('one secret edited', taken.secret, EDITED),
    row('the first time', [first], null),
  ]
}

async function makeTree(sandbox: Sandbox): Promise<string> {
  const dir = sandbox.path('sealed-tree')
  await makeSshKey(sandbox, join(sandbox.home, '.ssh/id_ed25519'), 'bench')
  await sandbox.ok('git', ['init', '-q', dir])
  await sandbox.ok('git', ['nixsecret', 'init'], { cwd: dir })
  for (let i = 0; i < FILES; i++) {
    const [folder, name] = i % 30 === 0 ? ['secrets', `s${i}`] : [`modules/${i % 60}`, `m${i}.nix`]
    mkdirSync(join(dir, folder), { recursive: true })
    writeFileSync(join(dir, folder, name), `{ number = ${i}; text = "${'x'.repeat(4000)}"; }\n`)
  }
  writeFileSync(join(dir, 'modules/10/m1.nix'), '{ }\n')
  await sandbox.ok('git', ['add', '-A'], { cwd: dir })
  await sandbox.ok('git', ['commit', '-q', '--no-verify', '-m', 'Tree'], { cwd: dir })
  return dir
}
