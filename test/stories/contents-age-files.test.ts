import { readFileSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needs } from '../support/needs.ts'
import { blobOf, findPlaintext, isAge, Person, read, startRepository } from '../support/story.ts'

// Age files as content: ciphertext that somebody made elsewhere.
const MARK = 'plain-mark-304'
const REFUSED = /locked|age file/
const alice = await Person.create('alice')
const stranger = await Person.create('stranger')
const dir = await startRepository(alice)

/** What the real age makes of a text. */
async function aged(reader: Person, text: string | Buffer, ...options: string[]): Promise<Buffer> {
  const args = [...options, '-r', reader.recipient]
  const { stdout, code, stderr } = await alice.box.run('age', args, { input: text })
  assert.is(code, 0, stderr)
  return stdout
}

async function add(name: string, content: string | Buffer) {
  alice.box.write(join(dir, 'secrets', name), content)
  return alice.tryGit(dir, 'add', `secrets/${name}`)
}

async function inIndex(name: string): Promise<string> {
  return alice.git(dir, 'ls-files', '-s', `secrets/${name}`)
}

async function nothingLeaked(): Promise<void> {
  assert.equal(await findPlaintext(alice, dir, [MARK]), [])
}

test('text that only begins like an age file is encrypted; an exact first line is refused', async () => {
  for (const [name, text] of Object.entries({
    sentence: `age-encryption.org/v1 is ${MARK}`,
    other: `age-encryption.org/${MARK}`,
    armor: `-----BEGIN AGE ENCRYPTED FILE-----${MARK}\n`,
  })) {
    assert.is((await add(name, text)).code, 0, name)
    assert.ok(isAge(await blobOf(alice, dir, `:secrets/${name}`)))
  }
  for (const [name, text] of Object.entries({
    'line-only': 'age-encryption.org/v1\n',
    'line-crlf': `age-encryption.org/v1\r\n${MARK}`,
    'line-more': `age-encryption.org/v1\n${MARK}\n`,
    'line-header': `age-encryption.org/v1\n-> X25519 ${MARK}\n`,
    'line-v2': `age-encryption.org/v2\n${MARK}\n`,
    'armor-text': `-----BEGIN AGE ENCRYPTED FILE-----\n${MARK}\n-----END AGE ENCRYPTED FILE-----\n`,
    'large-line': Buffer.concat([Buffer.from('age-encryption.org/v1\n'), Buffer.alloc(2 << 20, MARK)]),
  })) {
    const refused = await add(name, text)
    assert.is(refused.code, 128, name)
    assert.match(refused.stderr, new RegExp(`secrets/${name}: `))
    assert.match(refused.stderr, REFUSED)
    assert.is(await inIndex(name), '')
    await alice.box.ok('rm', [join(dir, 'secrets', name)])
  }
  await nothingLeaked()
})

if (needs('age files of another tool as content', 'age')) {
  test('an age file for a key of mine passes as it is, and is never encrypted twice', async () => {
    const large = Buffer.alloc(3 << 20, MARK)
    const crlf = (armored: Buffer) => Buffer.from(armored.toString().replaceAll('\n', '\r\n'))
    const files: [string, Buffer, string | Buffer][] = [
      ['binary', await aged(alice, MARK), MARK],
      ['armored', await aged(alice, MARK, '-a'), MARK],
      ['armored-crlf', crlf(await aged(alice, MARK, '-a')), MARK],
      ['large', await aged(alice, large), large],
      ['large-armored', await aged(alice, large, '-a'), large],
      ['empty-inside', await aged(alice, ''), ''],
    ]
    for (const [name, file] of files) {
      const added = await add(name, file)
      assert.is(added.code, 0, `${name} ${added.stderr}`)
      assert.ok((await blobOf(alice, dir, `:secrets/${name}`)).equals(file), name)
    }
    await alice.commit(dir, 'age files')
    const ids = await inIndex('')
    // The work tree has them as ciphertext still; for git that is no change, nor is the plaintext it becomes.
    for (const [name] of files) utimesSync(join(dir, 'secrets', name), 1, 1)
    assert.is(await alice.git(dir, 'status', '--porcelain'), '')
    await alice.git(dir, 'checkout', '-q', 'HEAD~')
    await alice.git(dir, 'checkout', '-q', 'main')
    for (const [name, , plain] of files)
      assert.ok(read(dir, `secrets/${name}`)?.equals(Buffer.from(plain)), name)
    for (const [name] of files) utimesSync(join(dir, 'secrets', name), 2, 2)
    assert.is(await alice.git(dir, 'status', '--porcelain'), '')
    await alice.git(dir, 'add', '-A')
    assert.is(await inIndex(''), ids)
    // New content: still armored where it came so, and binary elsewhere.
    assert.is((await add('armored', `${MARK} new`)).code, 0)
    assert.match(
      (await blobOf(alice, dir, ':secrets/armored')).toString(),
      /^-----BEGIN AGE ENCRYPTED FILE-----\n/,
    )
    assert.is((await add('binary', `${MARK} newer`)).code, 0)
    assert.ok(isAge(await blobOf(alice, dir, ':secrets/binary')))
    assert.is((await alice.git(dir, 'nixsecret', 'show', 'secrets/armored')).toString(), `${MARK} new`)
    await alice.commit(dir, 'new')
    await nothingLeaked()
  })

  test('one for a stranger alone is refused, with the way that takes it, and that way works', async () => {
    const files: [string, Buffer][] = [
      ['stranger', await aged(stranger, MARK)],
      ['stranger-armored', await aged(stranger, MARK, '-a')],
      ['stranger-large', await aged(stranger, Buffer.alloc(2 << 20, MARK))],
    ]
    for (const [name, file] of files) {
      const refused = await add(name, file)
      assert.is(refused.code, 128, name)
      assert.match(refused.stderr, new RegExp(`^git-nixsecret: error: secrets/${name}: `, 'm'))
      assert.match(refused.stderr, new RegExp(`^hint: git nixsecret set --sealed secrets/${name}`, 'm'))
      assert.is(await inIndex(name), '')
      const way = ['nixsecret', 'set', '--sealed', `secrets/${name}`]
      const set = await alice.box.run('git', way, { cwd: dir, input: file })
      assert.is(set.code, 0, set.stderr)
      assert.ok((await blobOf(alice, dir, `:secrets/${name}`)).equals(file))
      // Now that git has it, it is ciphertext like any other.
      utimesSync(join(dir, 'secrets', name), 3, 3)
      assert.is((await add(name, file)).code, 0)
    }
    await alice.git(dir, 'commit', '-qm', 'strangers')
    assert.is(await alice.git(dir, 'status', '--porcelain'), '')
    await nothingLeaked()
  })

  test('an age file of mine that was cut short or appended to is refused', async () => {
    const file = await aged(alice, Buffer.alloc(100_000, MARK))
    const large = await aged(alice, Buffer.alloc(2 << 20, MARK))
    const flipped = Buffer.from(file)
    flipped[flipped.length - 1] = (flipped.at(-1) as number) ^ 1
    for (const [name, content] of Object.entries({
      cut: file.subarray(0, -1),
      'cut-chunk': file.subarray(0, -40_000),
      more: Buffer.concat([file, Buffer.from(MARK)]),
      twice: Buffer.concat([file, file]),
      flipped,
      'large-cut': large.subarray(0, -5),
      'large-more': Buffer.concat([large, Buffer.from(MARK)]),
      'armor-cut': (await aged(alice, MARK, '-a')).subarray(0, -10),
      'armor-more': Buffer.concat([await aged(alice, MARK, '-a'), Buffer.from(MARK)]),
    })) {
      const refused = await add(name, content)
      assert.is(refused.code, 128, name)
      assert.match(refused.stderr, REFUSED)
      assert.is(await inIndex(name), '')
      await alice.box.ok('rm', [join(dir, 'secrets', name)])
    }
    await nothingLeaked()
  })

  test('one copied in from another path of this repository passes with no key at all', async () => {
    const env = { NIXSECRET_IDENTITY: '/dev/null' }
    const blob = await blobOf(alice, dir, 'HEAD:secrets/sentence')
    alice.box.write(join(dir, 'secrets/copy'), blob)
    await alice.box.ok('git', ['add', 'secrets/copy'], { cwd: dir, env })
    assert.is((await inIndex('copy')).slice(0, 48), (await inIndex('sentence')).slice(0, 48))
    assert.ok(readFileSync(join(dir, 'secrets/copy')).equals(blob))
    await nothingLeaked()
  })
}

test.run()
