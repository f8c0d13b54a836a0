import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { ATTRIBUTES, policyText, sealed } from '../test/guard/guard-repo.ts'
import type { Sandbox } from '../test/support/sandbox.ts'

const FILES = 400
const MERGE_EVERY = 25
const SECRET_EVERY = 200
const NIX_EVERY = 500

/**
 * A bare repository with a long history: source files in nested folders, a merge now and then, a policy and attributes
 * from the first commit on, a secret changed in every 200th commit and a Nix file in every 500th.
 * @param commits how many
 */
export async function makeHistory(sandbox: Sandbox, commits: number): Promise<string> {
  const dir = sandbox.path('history.git')
  await sandbox.ok('git', ['init', '-q', '--bare', dir])
  const child = spawn('git', ['fast-import', '--quiet', '--done'], {
    cwd: dir,
    env: sandbox.env,
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  const secrets = await Promise.all(Array.from({ length: 16 }, (_, i) => sealed(`secret ${i}`)))
  const write = async (text: string | Buffer) => {
    if (!child.stdin.write(text)) await once(child.stdin, 'drain')
  }
  const data = async (content: string | Buffer) => {
    await write(`data ${content.length}\n`)
    await write(content)
    await write('\n')
  }
  const file = async (path: string, content: string | Buffer) => {
    await write(`M 100644 inline ${path}\n`)
    await data(content)
  }
  for (let i = 1; i <= commits; i++) {
    const side = i > 2 && i % MERGE_EVERY === MERGE_EVERY - 1
    await write(`commit refs/heads/${side ? 'side' : 'main'}\nmark :${i}\n`)
    await write(`committer B <b@example.org> ${1_600_000_000 + i} +0000\ndata 1\nx\n`)
    if (i > 1) await write(`from :${side ? i - 1 : i % MERGE_EVERY === 0 && i > 2 ? i - 2 : i - 1}\n`)
    if (i % MERGE_EVERY === 0 && i > 2) await write(`merge :${i - 1}\n`)
    if (i === 1) {
      await file('.gitattributes', ATTRIBUTES)
      await file('nixsecret.toml', policyText())
      for (let n = 0; n < FILES; n++) await file(pathOf(n), contentOf(n, 0))
    }
    const n = (i * 7919) % FILES
    await file(pathOf(n), contentOf(n, i))
    if (i % SECRET_EVERY === 0)
      await file(`secrets/s${(i / SECRET_EVERY) % 40}`, secrets[(i / SECRET_EVERY) % 16] as Buffer)
    if (i % NIX_EVERY === 0) await file(`hosts/h${i % 30}.nix`, `{ networking.hostName = "h${i}"; }\n`)
    await write('\n')
  }
  await write('done\n')
  child.stdin.end()
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`git fast-import: exit code ${code}`)
  await sandbox.ok('git', ['symbolic-ref', 'HEAD', 'refs/heads/main'], { cwd: dir })
  await sandbox.ok('git', ['update-ref', '-d', 'refs/heads/side'], { cwd: dir })
  return join(dir)
}

function pathOf(n: number): string {
  return `src/part${n % 20}/unit${n % 5}/file${n}.c`
}

function contentOf(n: number, i: number): string {
  const lines = Array.from(
    { length: 40 },
    (_, line) => `int f${n}_${line}(void) { return ${line === i % 40 ? i : line}; }`,
  )
  return `${lines.join('\n')}\n`
}
