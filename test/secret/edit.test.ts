import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { flagsFor } from '../../src/secret/editor.ts'
import { needs } from '../support/needs.ts'
import { begin, blobOf, findPlaintext, isAge, type Person, read } from '../support/story.ts'

const MARK = 'plain-mark-58'
// Of our own, so that what other tests do at the same time is not taken for ours.
const MEMORY = mkdtempSync('/dev/shm/nst-')
process.on('exit', () => rmSync(MEMORY, { recursive: true, force: true }))

async function start() {
  const { person: alice, dir } = await begin('alice')
  alice.box.write(join(dir, 'secrets/db.env'), `${MARK} one\n`)
  await alice.git(dir, 'add', '-A')
  await alice.commit(dir, 'db')
  const edit = (path: string, editor: string, env: Record<string, string> = {}) =>
    alice.box.run('git-nixsecret', ['edit', path], {
      cwd: dir,
      env: { GIT_EDITOR: editor, XDG_RUNTIME_DIR: MEMORY, ...env },
    })
  const status = () => alice.git(dir, 'status', '--porcelain')
  return { alice, dir, edit, status }
}

/** An editor that runs a line of shell on the file `$1`. */
function editor(alice: Person, script: string): string {
  return alice.box.write(join(alice.box.bin, `my editor ${Math.random()}`), `#!/bin/sh\n${script}\n`, 0o755)
}

async function clean(person: Person, dir: string) {
  assert.equal(await findPlaintext(person, dir, [MARK]), [])
  assert.equal(readdirSync(MEMORY), [])
}

test('what was edited is encrypted and staged; the editor saw a private file in memory with the right name', async () => {
  const { alice, dir, edit, status } = await start()
  const log = alice.box.path('log')
  const script = editor(
    alice,
    `printf '%s %s ' "$1" "$(stat -c %a "$1")" > ${log}; stat -f -c %T "$1" >> ${log}; echo ${MARK} two >> "$1"`,
  )
  const done = await edit('secrets/db.env', `'${script}'`)
  assert.is(done.code, 0, done.stderr)
  assert.match(readFileSync(log, 'utf8'), /^\/\S+\/db\.env 600 tmpfs\n$/)
  assert.is(existsSync(readFileSync(log, 'utf8').split(' ')[0] as string), false)
  assert.is(read(dir, 'secrets/db.env')?.toString(), `${MARK} one\n${MARK} two\n`)
  assert.is(isAge(await blobOf(alice, dir, ':secrets/db.env')), true)
  assert.is(await status(), 'M  secrets/db.env\n')
  assert.match(done.stderr, /may keep copies/)
  await clean(alice, dir)
})

test('unchanged, failing and file-removing editors change nothing', async () => {
  const { alice, dir, edit, status } = await start()
  const before = await alice.git(dir, 'ls-files', '-s')
  assert.match((await edit('secrets/db.env', 'true')).stderr, /nothing was changed/)
  const failed = await edit('secrets/db.env', `'${editor(alice, 'echo x >> "$1"; exit 3')}'`)
  assert.is(failed.code, 2)
  assert.match(failed.stderr, /the editor failed .*exit code 3.*nothing was changed/)
  const gone = await edit('secrets/db.env', `'${editor(alice, 'rm "$1"')}'`)
  assert.is(gone.code, 2)
  const none = await edit('secrets/db.env', 'no-such-editor-here')
  assert.is(none.code, 2)
  assert.is(await alice.git(dir, 'ls-files', '-s'), before)
  assert.is(await status(), '')
  await clean(alice, dir)
})

test('options in the command, as git has it; and a new file', async () => {
  const { alice, dir, edit, status } = await start()
  const script = editor(alice, `[ "$1" = --wait ] && echo ${MARK} > "$2"`)
  const done = await edit('secrets/sub/new', `'${script}' --wait`)
  assert.is(done.code, 0, done.stderr)
  assert.is(read(dir, 'secrets/sub/new')?.toString(), `${MARK}\n`)
  assert.is(await status(), 'A  secrets/sub/new\n')
  assert.is((await edit('secrets/other', 'true')).code, 0)
  assert.is(existsSync(join(dir, 'secrets/other')), false)
  await clean(alice, dir)
})

test('a locked file is edited and stays locked; unstaged edits are the base', async () => {
  const { alice, dir, edit } = await start()
  const append = `'${editor(alice, `echo ${MARK} more >> "$1"`)}'`
  alice.box.write(join(dir, 'secrets/db.env'), `${MARK} unstaged\n`)
  await edit('secrets/db.env', append)
  assert.is(read(dir, 'secrets/db.env')?.toString(), `${MARK} unstaged\n${MARK} more\n`)
  await alice.commit(dir, 'more')
  await alice.git(dir, 'nixsecret', 'lock')
  assert.is((await edit('secrets/db.env', append)).code, 0)
  assert.is(isAge(read(dir, 'secrets/db.env') as Buffer), true)
  const shown = await alice.box.run('git-nixsecret', ['show', 'secrets/db.env'], { cwd: dir })
  assert.is(shown.out, `${MARK} unstaged\n${MARK} more\n${MARK} more\n`)
  await clean(alice, dir)
})

test('an edited text that cannot be stored is kept, in memory, and named', async () => {
  const { alice, dir, edit, status } = await start()
  // Somebody stages another content while the editor is open.
  const script = editor(
    alice,
    `echo ${MARK} mine > "$1"; cd ${dir}; echo ${MARK} theirs | git-nixsecret set secrets/db.env`,
  )
  const done = await edit('secrets/db.env', `'${script}'`)
  assert.is(done.code, 2)
  const place = /what you wrote is still in (\S+) /.exec(done.stderr)?.[1] as string
  assert.ok(place.startsWith(`${MEMORY}/git-nixsecret-kept-`))
  assert.is(readFileSync(join(place, 'db.env'), 'utf8'), `${MARK} mine\n`)
  rmSync(join(place, '..'), { recursive: true })
  assert.is(read(dir, 'secrets/db.env')?.toString(), `${MARK} theirs\n`)
  assert.is(await status(), 'M  secrets/db.env\n')
  await clean(alice, dir)
})

test('what could not be stored anyway is refused before the editor starts', async () => {
  const { alice, dir, edit } = await start()
  const log = alice.box.path('started')
  const script = `'${editor(alice, `touch ${log}`)}'`
  assert.match((await edit('plain', script)).stderr, /no \.gitattributes line makes this a secret/)
  await alice.git(dir, 'nixsecret', 'lock')
  assert.match(
    (await edit('secrets/db.env', script, { NIXSECRET_IDENTITY: '/dev/null' })).stderr,
    /no private key here opens/,
  )
  alice.box.write(join(dir, 'nixsecret.toml'), 'version = 1\n<<<<<<< x\n')
  assert.match((await edit('secrets/db.env', script)).stderr, /nixsecret\.toml:2: conflict markers/)
  assert.is(existsSync(log), false)
})

test('vim leaves no swap, backup, undo or viminfo file', async () => {
  if (!needs('edit with vim', 'vim')) return
  const { alice, dir, edit } = await start()
  alice.box.write(
    join(alice.box.home, '.vimrc'),
    `set nocompatible backup undofile undodir=${alice.box.home} backupdir=${alice.box.home} directory=${alice.box.home} viminfo='10,n${alice.box.home}/info\n`,
  )
  const listing = () => alice.box.files(alice.box.home).sort()
  const before = listing()
  const done = await edit('secrets/db.env', `vim -es -c 'normal Gozz' -c 'wq!'`)
  assert.is(done.code, 0, done.stderr)
  assert.is(read(dir, 'secrets/db.env')?.toString(), `${MARK} one\nzz\n`)
  assert.equal(listing(), before)
  await clean(alice, dir)
})

test('options are added for known editors only, whatever name leads to them', () => {
  for (const known of [
    'vim',
    '/usr/bin/nvim',
    'vim.tiny -f',
    '"/a b/vim"',
    "'/a b/emacs' -nw",
    'micro',
    'nano -w',
  ])
    assert.ok((flagsFor(known, '') ?? '').length > 0, known)
  for (const harmless of ['kak', 'hx', ':', 'true']) assert.is(flagsFor(harmless, ''), '', harmless)
  for (const unknown of ['code --wait', 'emacsclient', 'vim; true', 'EDITOR=vim x', '$MY', 'vi(1)', ''])
    assert.is(flagsFor(unknown, ''), null, unknown)
})

test.run()
