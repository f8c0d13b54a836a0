import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type BytePath, textPath } from '../../src/byte-path.ts'
import { NixsecretError } from '../../src/errors.ts'
import { mapReaders } from '../../src/migrate/gpg/map-readers.ts'
import { lookUpReader, parseReaderTable, readerTableForm } from '../../src/migrate/gpg/reader-table.ts'
import { entryPaths } from '../../src/migrate/pass/entry-paths.ts'
import { parseGpgIds } from '../../src/migrate/pass/gpg-id.ts'
import { readPassStore } from '../../src/migrate/pass/read-store.ts'
import { parsePolicy } from '../../src/policy/parse-policy.ts'
import { Sandbox } from '../support/sandbox.ts'

const box = new Sandbox('store')
const top = box.path('store')

function put(name: string | Buffer, content = 'x'): void {
  const file = Buffer.concat([Buffer.from(`${top}/`), Buffer.from(name)])
  mkdirSync(dirname(file.toString('utf8')), { recursive: true })
  writeFileSync(file, content)
}

const fault = (code: string, text: RegExp) => (thrown: unknown) =>
  thrown instanceof NixsecretError && thrown.code === code && text.test(thrown.message)

test('a store is read with the nearest .gpg-id of each entry, and what is no entry is named', () => {
  put('.gpg-id', 'AAAA1111\r\n# whose\nbob@example.org # old laptop\n\nAAAA1111')
  put('team/.gpg-id', 'CCCC3333')
  for (const name of ['mail', '-dash', 'a\nb', 'team/db', 'team/sub/deep', 'foo', 'foo/bar'])
    put(`${name}.gpg`)
  put(Buffer.from('latin-\xe9.gpg', 'latin1'))
  for (const name of ['notes.txt', '.gpg', 'UPPER.GPG', '.git/config', '.git/x.gpg', '.extensions/otp.bash'])
    put(name)
  put('.gitattributes', '*.gpg diff=gpg')
  symlinkSync('mail.gpg', join(top, 'alias.gpg'))
  symlinkSync('/etc', join(top, 'etc'))
  const { entries, left } = readPassStore(top, '')
  const ids = Object.fromEntries(entries.map((entry) => [entry.name, entry.ids]))
  assert.equal(ids, {
    '-dash': ['AAAA1111', 'bob@example.org'],
    'a\nb': ['AAAA1111', 'bob@example.org'],
    foo: ['AAAA1111', 'bob@example.org'],
    'foo/bar': ['AAAA1111', 'bob@example.org'],
    'latin-\xe9': ['AAAA1111', 'bob@example.org'],
    mail: ['AAAA1111', 'bob@example.org'],
    'team/db': ['CCCC3333'],
    'team/sub/deep': ['CCCC3333'],
  })
  assert.equal(left.map(({ what }) => what).sort(), ['.gpg', 'UPPER.GPG', 'alias.gpg', 'etc', 'notes.txt'])
  const names = (prefix: string) =>
    readPassStore(top, textPath(prefix)).entries.map(({ name }) => name as string)
  assert.equal(names('team'), ['team/db', 'team/sub/deep'])
  assert.equal(names('team/db'), ['team/db'])
  assert.equal(names('foo').sort(), ['foo', 'foo/bar'])
  assert.throws(() => names('nothing'), fault('missing', /^nothing is not in the password store$/))
  assert.throws(() => readPassStore(box.path('none'), ''), fault('missing', /is no password store/))
})

test('a store without .gpg-id says whom nothing is for', () => {
  box.write('bare/x.gpg', 'x')
  assert.is(readPassStore(box.path('bare'), '').entries[0]?.ids, null)
  assert.equal(parseGpgIds('#\n \n'), [])
})

test('an entry and a folder of one name both get a path, the same each time', () => {
  const of = (names: string[], into = 'secrets') =>
    [...entryPaths(names.map(textPath), textPath(into) as BytePath)].map(([, path]) => path as string | null)
  assert.equal(of(['foo', 'foo/bar', 'mail']), ['secrets/foo.secret', 'secrets/foo/bar', 'secrets/mail'])
  assert.equal(of(['foo', 'foo.secret', 'foo.secret.secret/x', 'foo/bar']), [
    'secrets/foo.secret.secret.secret',
    'secrets/foo.secret',
    'secrets/foo.secret.secret/x',
    'secrets/foo/bar',
  ])
  assert.equal(of(['.gitattributes', 'x/.gitignore', '.GIT/x', 'a/.git', 'ok']), [
    'secrets/.gitattributes.secret',
    'secrets/x/.gitignore.secret',
    null,
    null,
    'secrets/ok',
  ])
  assert.equal(of(['nixsecret.toml', 'a'], ''), ['nixsecret.toml.secret', 'a'])
})

test('a table of readers is filled in, or refused', () => {
  const users = [
    { id: '0xAAAA1111BBBB2222', userId: 'Ann "A" <ann@example.org>\u202e' },
    { id: 'bob@example.org', userId: null },
    { id: 'x\u202e"', userId: null },
  ]
  const form = readerTableForm(users)
  assert.not.match(form, '\u202e')
  assert.throws(() => parseReaderTable(form, 'f'), fault('usage', /^f: say who 0xAAAA1111BBBB2222 is/))
  const table = parseReaderTable(
    form.replace('"?"', '["ann", "@ops"]').replace('"?"', '""').replace('"?"', '"ann"'),
    'f',
  )
  assert.equal(
    users.map(({ id }) => lookUpReader(table, id)),
    [['ann', '@ops'], [], ['ann']],
  )
  assert.equal(lookUpReader(table, 'aaaa 1111 bbbb 2222'), ['ann', '@ops'])
  assert.is(lookUpReader(table, 'CCCC3333'), undefined)
  assert.throws(() => parseReaderTable('a = 1', 'f'), fault('usage', /needs a name/))
  assert.throws(() => parseReaderTable('a = "', 'f'), fault('usage', /is no TOML/))
})

const KEY = 'age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z'

test('GPG ids become names, groups and keys; who is dropped is told', () => {
  const policy = parsePolicy(
    `version = 1\n[recipients]\nann = "${KEY}"\n[groups]\nops = ["ann"]\n[default]\nto = ["ann"]\n`,
    'nixsecret.toml',
  )
  const users = ['A', 'B', 'C'].map((id) => ({ id, userId: `Name of ${id} (work) <x@y>` }))
  const map = mapReaders(users, [['ann', '@ops'], [KEY], []], policy)
  assert.equal(map.readersOf(['A', 'B', 'C', 'A']), [{ name: 'ann' }, { name: '@ops' }, { key: KEY }])
  assert.equal(map.readersOf(['C']), [])
  assert.equal(map.dropped, ['C'])
  assert.equal([...map.names], [[KEY, 'Name of B']])
  for (const wrong of ['nobody', '@none', `${KEY}x`])
    assert.throws(
      () => mapReaders(users, [[wrong], [], []], policy),
      fault('missing', /is no name or @group/),
    )
  const secret = 'AGE-SECRET-KEY-1QQQ'
  assert.throws(
    () => mapReaders(users, [[secret], [], []], policy),
    (thrown: unknown) => thrown instanceof NixsecretError && !thrown.message.includes('QQQ'),
  )
})

test.run()
