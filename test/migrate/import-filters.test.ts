import { chmodSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needs } from '../support/needs.ts'
import { blobOf, findPlaintext, isAge, Person, read } from '../support/story.ts'

// Neither transcrypt nor strongbox is a package of Debian. Unless a real transcrypt is named by TRANSCRYPT, their filters
// are configured with openssl and age commands that do what the documentation of both says.
const REAL = process.env.TRANSCRYPT
const MARK = 'plain-mark-filters'
const FILES: Readonly<Record<string, string>> = {
  'private/db': `${MARK} one\n`,
  'private/two words': `${MARK} two`,
  'private/empty': '',
}

/** The clean filter of transcrypt, and its smudge, which prints ciphertext where openssl fails. */
const CLEAN = `#!/bin/sh
cat >"$TMPDIR/plain.$$"
[ -s "$TMPDIR/plain.$$" ] || { rm -f "$TMPDIR/plain.$$"; exit 0; }
password=$(git config --get --local transcrypt.password)
salt=$(openssl dgst -hmac "$1:$password" -sha256 "$TMPDIR/plain.$$" | tail -c 17 | tr -d '\\n')
{ printf 'Salted__'; printf %s "$salt" | xxd -r -p
  ENC_PASS=$password openssl enc -e -aes-256-cbc -md MD5 -pass env:ENC_PASS -S "$salt" -in "$TMPDIR/plain.$$" 2>/dev/null
} | openssl base64
rm -f "$TMPDIR/plain.$$"
`
const SMUDGE = `#!/bin/sh
cat >"$TMPDIR/cipher.$$"
password=$(git config --get --local transcrypt.password)
ENC_PASS=$password openssl enc -d -aes-256-cbc -md MD5 -pass env:ENC_PASS -a -in "$TMPDIR/cipher.$$" 2>/dev/null ||
  cat "$TMPDIR/cipher.$$"
rm -f "$TMPDIR/cipher.$$"
`

async function underTranscrypt(person: Person) {
  const { box } = person
  const dir = box.path('repo')
  box.env.TMPDIR = box.path('bin')
  await box.ok('git', ['init', '-q', dir])
  box.write(join(dir, '.gitattributes'), 'private/** filter=crypt diff=crypt merge=crypt\n')
  if (REAL !== undefined)
    await box.ok(REAL, ['-c', 'aes-256-cbc', '-p', 'correct horse', '--yes'], { cwd: dir })
  else {
    const config = (key: string, value: string) => person.git(dir, 'config', key, value)
    await config('transcrypt.password', 'correct horse')
    await config('filter.crypt.clean', `${box.write('tools/clean', CLEAN, 0o755)} %f`)
    await config('filter.crypt.smudge', box.write('tools/smudge', SMUDGE, 0o755))
    await config('filter.crypt.required', 'true')
  }
  for (const [path, content] of Object.entries(FILES)) box.write(join(dir, path), content)
  await person.git(dir, 'add', '-A')
  await person.git(dir, 'commit', '-q', '-m', 'under transcrypt')
  return dir
}

async function holds(person: Person, dir: string): Promise<void> {
  for (const [path, content] of Object.entries(FILES)) {
    assert.is(read(dir, path)?.toString(), content)
    const blob = await blobOf(person, dir, `:${path}`)
    assert.ok(content === '' ? blob.length === 0 : isAge(blob), path)
  }
  assert.is((await person.tryGit(dir, 'nixsecret', 'check', '--staged')).code, 0)
  assert.is((await person.git(dir, 'diff', '--name-only')).trim(), '')
}

if (needs('import of transcrypt', 'openssl', 'xxd'))
  test('what transcrypt encrypts comes over, and nothing with a wrong password', async () => {
    const alice = await Person.create('alice')
    const dir = await underTranscrypt(alice)
    assert.match((await blobOf(alice, dir, ':private/db')).toString(), /^U2FsdGVk/)
    const run = () => alice.tryGit(dir, 'nixsecret', 'import', 'transcrypt')
    for (let i = 0; i < 3; i++) {
      // Now and then a wrong password makes well padded rubbish: that is refused as well.
      await alice.git(dir, 'config', 'transcrypt.password', `wrong ${i}`)
      const wrong = await run()
      assert.is(wrong.code, 2)
      assert.match(wrong.stderr, /nothing was changed|the work tree has changes/)
    }
    await alice.git(dir, 'config', 'transcrypt.password', 'correct horse')
    assert.is(await alice.git(dir, 'status', '--porcelain'), '')
    const done = await run()
    assert.is(done.code, 0, done.stderr + done.out)
    await holds(alice, dir)
    assert.equal(await findPlaintext(alice, dir, [MARK]), [])
  })

if (needs('import of strongbox', 'age', 'age-keygen'))
  test('what strongbox encrypts comes over after init, too, and nothing without its identity', async () => {
    const alice = await Person.create('alice')
    const { box } = alice
    const dir = box.path('repo')
    await box.ok('git', ['init', '-q', dir])
    await box.ok('age-keygen', ['-o', box.path('home/.strongbox_identity')])
    const recipient = (await box.ok('age-keygen', ['-y', box.path('home/.strongbox_identity')])).trim()
    box.write(join(dir, '.strongbox_recipient'), `${recipient}\n`)
    box.write(join(dir, '.gitattributes'), 'private/** filter=strongbox diff=strongbox merge=strongbox\n')
    const smudge =
      '#!/bin/sh\ncat >"$0.$$"\nage -d -i ~/.strongbox_identity "$0.$$" 2>/dev/null || cat "$0.$$"\nrm -f "$0.$$"\n'
    const clean = '#!/bin/sh\nexec age -a -R .strongbox_recipient\n'
    await alice.git(dir, 'config', 'filter.strongbox.smudge', box.write('tools/smudge', smudge, 0o755))
    await alice.git(dir, 'config', 'filter.strongbox.clean', box.write('tools/clean', clean, 0o755))
    await alice.git(dir, 'config', 'filter.strongbox.required', 'true')
    for (const [path, content] of Object.entries(FILES)) box.write(join(dir, path), content)
    await alice.git(dir, 'add', '-A')
    await alice.git(dir, 'commit', '-q', '-m', 'under strongbox')
    // init may come first, and give the files our filter while git has strongbox's blobs.
    await alice.git(dir, 'nixsecret', 'init', '--path', 'private/**')
    const run = () => alice.tryGit(dir, 'nixsecret', 'import', 'strongbox')
    chmodSync(box.path('home/.strongbox_identity'), 0)
    const identity = readFileSync(box.path('home/.strongbox_identity'))
    box.write(box.path('home/.strongbox_identity'), '# none\n')
    const refused = await run()
    assert.is(refused.code, 2)
    assert.match(
      refused.stderr,
      /strongbox does not decrypt it here.*nothing was changed\nhint: strongbox -git-config/,
    )
    box.write(box.path('home/.strongbox_identity'), identity)
    const done = await run()
    assert.is(done.code, 0, done.stderr + done.out)
    await holds(alice, dir)
    assert.equal(await findPlaintext(alice, dir, [MARK]), [])
  })

test.run()
