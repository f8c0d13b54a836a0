import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { renderAccessJson } from '../../src/cli/access/render-json.ts'
import { renderAccessTable, type Screen } from '../../src/cli/access/render-table.ts'
import { viewOf } from '../../src/cli/access/view.ts'
import { safeJson } from '../../src/cli/safe-json.ts'
import { renderTable } from '../../src/cli/table.ts'
import { begin } from '../support/story.ts'
import { fleet, matrixOf, reader, secret } from './access-matrices.ts'

const BOB = 'age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z'

const EVE = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p'

const screen = (width: number | null, more: Partial<Screen> = {}): Screen => ({
  width,
  unicode: true,
  rows: Number.POSITIVE_INFINITY,
  paint: (_, text) => text,
  ...more,
})

test('one repository: here, at a commit, since a commit, in every format', async () => {
  const { person, dir } = await begin('alice')
  const { box } = person
  const run = (...args: string[]) => box.run('git', ['nixsecret', 'access', ...args], { cwd: dir })
  const write = (path: string, text: string) => box.write(join(dir, path), text)
  write('secrets/db', 'first secret')
  write('secrets/web/key', 'second secret')
  await person.git(dir, 'add', '-A')
  await person.commit(dir, 'secrets')
  await person.git(dir, 'tag', 'v1')
  await person.git(dir, 'nixsecret', 'recipient', 'add', 'bob', BOB)
  write('secrets/fresh', 'third secret')

  const table = await run()
  assert.is(table.code, 0, table.stderr)
  assert.match(table.out, /^who can read what, by nixsecret\.toml of the work tree and the index\n/)
  assert.match(table.out, /SECRET +alice \(you\) +bob\n/)
  assert.match(table.out, /secrets\/db +x +o +sealed for others\n/)
  assert.match(table.out, /secrets\/fresh +o +o +not in git yet\n/)
  assert.is(table.stderr, 'hint: git nixsecret rekey\n')
  // rekey would refuse whom nobody accepted.
  const policy = readFileSync(join(dir, 'nixsecret.toml'), 'utf8')
  write(
    'nixsecret.toml',
    policy.replace('[default]', `eve = "${EVE}"\n\n[default]`).replace('"bob"]', '"bob", "eve"]'),
  )
  const unaccepted = await run()
  assert.match(unaccepted.out, /secrets\/db +x +o +o +sealed for others\n/)
  assert.match(unaccepted.stderr, /: not accepted yet: eve can read more; .*\nhint: git nixsecret trust\n$/)
  write('nixsecret.toml', policy)
  assert.not.match(table.out, /\x1b|[^\x00-\x7f]/)

  const json = JSON.parse((await run('--since', 'v1', '--json', 'secrets')).out)
  assert.is(json.version, 1)
  assert.equal(json.at, { kind: 'index', policy: 'work tree' })
  assert.is(json.since.rev, 'v1')
  assert.equal(
    json.readers.map(({ name, own, current }: Record<string, unknown>) => [name, own, current]),
    [
      ['alice', true, true],
      ['bob', false, true],
    ],
  )
  const [db, fresh] = json.secrets
  assert.equal(db, {
    path: 'secrets/db',
    state: 'stale',
    reason: null,
    reads: ['alice'],
    pending: ['bob'],
    unknown: [],
    former: [],
    change: 'readers',
    from: null,
    gained: ['bob'],
    lost: [],
  })
  assert.equal([fresh.path, fresh.change, fresh.state], ['secrets/fresh', 'new', 'untracked'])
  assert.equal(json.summary.changed, { readers: 2, new: 1 })

  // A commit by its own policy and blobs, whatever lies here; in a bare clone, too.
  const then = JSON.parse((await run('--rev', 'v1', '--format', 'json')).out)
  assert.equal(
    then.secrets.map(({ path, state, reads }: Record<string, unknown>) => [path, state, reads]),
    [
      ['secrets/db', 'sealed', ['alice']],
      ['secrets/web/key', 'sealed', ['alice']],
    ],
  )
  const bare = box.path('bare.git')
  await box.ok('git', ['clone', '-q', '--bare', dir, bare])
  const rotation = await box.run('git', ['nixsecret', 'rotation'], { cwd: bare })
  assert.is(rotation.code, 2)
  assert.match(
    rotation.stderr,
    /rotation looks at secrets of the index, .*\nhint: cd DIR && git nixsecret rotation /,
  )
  const served = JSON.parse((await box.run('git', ['nixsecret', 'access', '--json'], { cwd: bare })).out)
  assert.equal([served.at.rev, served.secrets.length], ['HEAD', 2])

  const only = await run('--recipient', 'bob', 'secrets/web')
  assert.match(only.out, /SECRET +bob\nsecrets\/web\/key +o /)
  const page = await run('--format', 'html', '--since', 'v1')
  assert.match(page.out, /<title>Who can read what: repo<\/title>[\s\S]*compared with <b>v1 \(/)
  assert.match((await run('--format', 'svg')).out, /^<\?xml[\s\S]*<\/svg>\n$/)

  for (const [args, fault] of [
    [['--format', 'pdf'], /--format is one of: table, html, svg, json/],
    [['--recipient', 'bbo'], /no recipient is called bbo; did you mean bob\?/],
    [['--rev', 'nowhere'], /git knows no commit nowhere/],
    [['secrets/nothing'], /secrets\/nothing: no secret is there/],
  ] as const) {
    const { code, stderr, out } = await run(...args)
    assert.equal([code, out], [2, ''])
    assert.match(stderr, fault)
  }
  // Who sealed nothing changed nothing.
  assert.is(await person.git(dir, 'diff', '--cached', '--name-only'), '')
  assert.is(readFileSync(join(dir, 'secrets/db'), 'utf8'), 'first secret')
})

test('a table that is too wide becomes a list; folders that are alike one row; nothing without bounds', () => {
  const view = viewOf({ ...fleet(500, 60), since: null }, [])
  const wide = renderAccessTable(view, screen(null))
  assert.ok(
    wide.some((line) => /^SECRET .*@admins .*build1 /.test(line)) ||
      wide.some((line) => /^ +reads: /.test(line)),
  )
  const list = renderAccessTable(view, screen(80))
  assert.ok(list.every((line) => line.length <= 120))
  assert.ok(
    list.some((line) => line.includes('reads: @admins (you), backup, build12')),
    list.slice(0, 40).join('\n'),
  )
  assert.match(list.join('\n'), /secrets\/hosts\/build12\/ \(5\)/)
  const cut = renderAccessTable(view, screen(80, { rows: 10 }))
  assert.match(cut.join('\n'), /… and \d+ more rows: name a PATH/)
  // Signs of what changed, beside how the blob stands where that is not as expected.
  const readers = [
    reader('alice', { own: true }),
    reader('bob', { current: false }),
    reader('eve\u202e\x1b[2J'),
  ]
  const small = viewOf(
    matrixOf(
      readers,
      [
        secret('s', 'rf.', { state: 'stale', change: 'readers', gained: [0], lost: [1] }),
        secret('e', '..r', { state: 'damaged', reason: 'odd \x1b[2J' }),
      ],
      {
        since: { kind: 'commit', commit: '0'.repeat(40), name: 'v1' },
      },
    ),
    [],
  )
  const lines = renderAccessTable(small, screen(100))
  assert.ok(
    lines.some((line) => /^s +\+ +· +-! +sealed for others$/.test(line)),
    lines.join('\n'),
  )
  assert.ok(lines.includes('+ alice reads 1 more secret'))
  assert.ok(lines.includes('- bob lost 1 secret'))
  assert.not.match(lines.join(''), /\u202e|\x1b/)
  const json = renderAccessJson(small)
  assert.match(json, /\u202e/)
  assert.match(safeJson(json), /^[\n\x20-\x7e·…]*$/u)
  assert.equal(JSON.parse(safeJson(json)), JSON.parse(json))
  // More rows than a call takes arguments.
  const many = Array.from({ length: 200_000 }, (_, i) => [{ text: `${i}` }])
  assert.is(renderTable(many).length, many.length)
})

test.run()
