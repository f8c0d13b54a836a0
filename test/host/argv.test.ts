import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { NixsecretError } from '../../src/errors.ts'
import { rawArguments } from '../../src/host/argv.ts'

const dir = mkdtempSync(join(tmpdir(), 'argv-'))
process.on('exit', () => rmSync(dir, { recursive: true, force: true }))
const script = join(dir, 'print.mts')
const module = fileURLToPath(new URL('../../src/host/argv.ts', import.meta.url))
writeFileSync(
  script,
  `import { rawArguments } from ${JSON.stringify(module)}\nconsole.log(JSON.stringify(rawArguments().map((b) => b.toString('latin1'))))\n`,
)

/** Runs it through a shell, as Node cannot pass bytes that are no UTF-8. `words` is a format of printf. */
function run(...words: string[]): string[] {
  const line = words.map((word) => `"$(printf '${word}')"`).join(' ')
  const command = `exec "$0" --import tsx "$1" ${line}`
  const output = execFileSync('sh', ['-c', command, process.execPath, script], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
  })
  return JSON.parse(output.toString('utf8')) as string[]
}

test('arguments are the bytes that were passed', () => {
  assert.equal(run(), [])
  assert.equal(run('clean', 'a b', ''), ['clean', 'a b', ''])
  assert.equal(run('\\303\\244'), ['\xc3\xa4'])
  assert.equal(run('clean', '\\344\\377/x', '', '\\357\\277\\275'), [
    'clean',
    '\xe4\xff/x',
    '',
    '\xef\xbf\xbd',
  ])
})

test('where the system does not tell the bytes, it is a fault and no other name', () => {
  const argv = process.argv
  process.argv = [...argv.slice(0, 2), 'show', 'b\ufffdc']
  try {
    // Our own command line is another one, which is as good as none.
    assert.throws(rawArguments, (fault: unknown) => fault instanceof NixsecretError && fault.code === 'usage')
  } finally {
    process.argv = argv
  }
})

test.run()
