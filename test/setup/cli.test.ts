import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { printFault } from '../../src/cli/print.ts'
import { renderTable } from '../../src/cli/table.ts'
import { PROGRAM, Sandbox } from '../support/sandbox.ts'

const test = suite('command line')
const box = new Sandbox('nixsecret-cli')
const run = (...args: string[]) => box.run('git-nixsecret', args)
const COMMANDS = 'init status doctor edit show set lock unlock recipient rekey check uninstall hook'.split(
  ' ',
)

test('--version is that of package.json', async () => {
  const file = fileURLToPath(new URL('../../package.json', import.meta.url))
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string }
  assert.is((await run('--version')).out, `git-nixsecret ${version}\n`)
})

test('help: the overview names every command, and each has its own', async () => {
  const { out, code } = await run('--help')
  assert.is(code, 0)
  for (const name of COMMANDS) {
    assert.match(out, new RegExp(`^  ${name} `, 'm'))
    const own = await run(name, '--help')
    assert.is(own.code, 0)
    assert.match(own.out, /^usage: git[ -]nixsecret/)
    assert.is((await run('help', name)).out, own.out)
  }
  for (const line of out.split('\n')) assert.ok(line.length <= 120, line)
  assert.is((await run()).code, 2)
  assert.is((await run('clean', '--help')).code, 0)
})

test('typing errors: what was meant', async () => {
  const command = await run('stauts')
  assert.is(command.code, 2)
  assert.match(
    command.stderr,
    /error: there is no command stauts; did you mean status\?\nhint: git-nixsecret --help/,
  )
  assert.match(
    (await run('init', '--recipent', 'x')).stderr,
    /init has no option --recipent; did you mean --recipient\?/,
  )
  assert.match((await run('init', '--identity')).stderr, /option --identity of init needs a value/)
  assert.match((await run('init', '--sealed=yes')).stderr, /option --sealed of init takes no value/)
  assert.match((await run('\x1b[31m')).stderr, /"\\033\[31m"/)
})

test('outside of a repository: a fault with a hint', async () => {
  const result = await run('status')
  assert.is(result.code, 2)
  assert.match(result.stderr, /error: not in a git repository\nhint: cd REPOSITORY /)
})

test('a reader that goes away is no news', async () => {
  const code = await new Promise((resolve) => {
    const child = spawn(process.execPath, [PROGRAM, '--help'], { env: box.env })
    let stderr = ''
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk
    })
    child.stdout.destroy()
    child.on('close', (exit) => resolve(stderr === '' ? exit : stderr))
  })
  assert.ok(code === 0 || code === 141, String(code))
})

test('a bug: exit 70, places but never the message', () => {
  const written: string[] = []
  const original = process.stderr.write
  process.stderr.write = ((text: string) => written.push(text) > 0) as typeof process.stderr.write
  try {
    assert.is(printFault(new TypeError('hunter2\n    at hunter2')), 70)
    assert.is(printFault('hunter2'), 70)
  } finally {
    process.stderr.write = original
  }
  assert.match(written.join(''), /this is a bug in git-nixsecret \(TypeError\), please report it/)
  assert.not.match(written.join(''), /hunter2/)
})

test('tables line up, colours and wide characters included', () => {
  const lines = renderTable([
    [{ text: 'a' }, { text: 'x', shown: '\x1b[1mx\x1b[22m' }, { text: '' }],
    [{ text: '秘密' }, { text: 'yy' }, { text: 'z' }],
  ])
  assert.equal(lines, ['a     \x1b[1mx\x1b[22m', '秘密  yy  z'])
})

test.run()
