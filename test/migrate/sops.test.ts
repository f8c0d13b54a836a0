import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { decryptSops as decryptIndependently, sshKeyToAge } from 'sops-age'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { enarmor } from '../../src/age/armor.ts'
import { parseRecipient } from '../../src/age/recipient.ts'
import { prepareHeader, sealBytes } from '../../src/age/seal.ts'
import { convertedRecipient } from '../../src/age/ssh/converted-key.ts'
import { encryptSops } from '../../src/sops/encrypt-sops.ts'
import { sopsKind } from '../../src/sops/sops-kind.ts'
import { needs } from '../support/needs.ts'
import { makeSshKey } from '../support/ssh-key.ts'
import { blobOf, findPlaintext, Person, read } from '../support/story.ts'

// What docs/schemes/sops-nix.md says of moving from sops, in its order.
const test = suite('import sops')
const real = (name: string) => readFileSync(new URL(`../sops/real/${name}`, import.meta.url))
const FILES: Readonly<Record<string, string>> = {
  'secrets/app.yaml': '# needle-comment\ndb:\n  password: needle-yaml\n  list: [1, "needle-flow"]\n',
  'secrets/app.json': '{\n  "token": "needle-json"\n}\n',
  'secrets/app.env': 'TOKEN=needle-env\n',
  'secrets/app.ini': '[db]\npassword = needle-ini\n',
  'secrets/key.bin': 'needle-binary\0\n',
}

let alice: Person
let dir: string
let host: string
const before = new Map<string, Buffer>()

async function document(path: string, text: string, recipients: readonly string[]): Promise<Buffer> {
  const dataKey = randomBytes(32)
  const age = []
  for (const recipient of recipients) {
    const header = await prepareHeader([parseRecipient(recipient)])
    age.push({ recipient, enc: enarmor(sealBytes(header, dataKey)).toString() })
  }
  return Buffer.from(
    encryptSops(Buffer.from(text), sopsKind(path), { dataKey, age, lastModified: new Date() }),
  )
}

function put(path: string, content: string | Buffer): void {
  const file = join(dir, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
}

test.before(async () => {
  alice = await Person.create('alice')
  dir = alice.box.path('config')
  await alice.box.ok('git', ['init', '-q', dir])
  const key = alice.box.path('web1')
  await makeSshKey(alice.box, key, 'root@web1')
  host = readFileSync(`${key}.pub`, 'utf8').trim()
  // As sops-nix users have it: the host by what ssh-to-age makes of its key.
  const converted = convertedRecipient(parseRecipient(host))?.canonical as string
  for (const [path, text] of Object.entries(FILES)) {
    const bytes = await document(path, text, [alice.recipient, converted])
    before.set(path, bytes)
    put(path, bytes)
  }
  put('hosts/web1.pub', `${host}\n`)
  put('real/both.yaml', real('secrets.yaml'))
  put('real/pgp.json', real('secrets.json'))
  put('README.md', 'sops: see ENC[AES256_GCM,…] in secrets/\n')
  put(
    '.sops.yaml',
    `keys:\n  - &admin_alice ${alice.recipient}\n  - ${converted} # web1\ncreation_rules:\n` +
      `  - path_regex: secrets/[^/]+\\.yaml$\n    key_groups:\n    - age:\n      - *admin_alice\n` +
      `  - path_regex: secrets/.*\n    age: ${alice.recipient},${converted}\n`,
  )
  await alice.git(dir, 'add', '-A')
  await alice.git(dir, 'commit', '-q', '-m', 'As sops has it')
})

const run = (...args: string[]) => alice.tryGit(dir, 'nixsecret', 'import', 'sops', ...args)

test('a dry run tells what would come in and why the rest would not, and changes nothing', async () => {
  const { code, out, stderr } = await run('--dry-run')
  assert.is(code, 1, stderr)
  assert.match(out, /secrets\/app\.yaml +as it is +admin_alice, web1/)
  assert.match(stderr, /real\/both\.yaml.*pgp keys open it, too/)
  assert.match(stderr, /real\/pgp\.json.*only pgp keys open it/)
  assert.match(stderr, /secrets\/app\.yaml is sealed for other keys than \.sops\.yaml says/)
  assert.is(await alice.git(dir, 'status', '--porcelain'), '')
})

test('documents come in byte for byte, the host by its SSH key, and check is green', async () => {
  const { code, stderr } = await run()
  assert.is(code, 1, stderr)
  assert.match(stderr, /5 files in, 5 compared in memory with the source and equal/)
  await alice.git(dir, 'commit', '-q', '-m', 'Import')
  for (const [path, bytes] of before) {
    assert.equal(read(dir, path), bytes, path)
    assert.equal(await blobOf(alice, dir, `HEAD:${path}`), bytes, path)
  }
  const policy = readFileSync(join(dir, 'nixsecret.toml'), 'utf8')
  assert.match(policy, /format = "sops"/)
  assert.ok(policy.includes(host.split(' ').slice(0, 2).join(' ')), policy)
  await alice.git(dir, 'nixsecret', 'check')
  for (const [path, text] of Object.entries(FILES))
    assert.is(await alice.git(dir, 'nixsecret', 'show', path), text, path)
  assert.is((await run()).code, 1)
  assert.is(await alice.git(dir, 'status', '--porcelain'), '')
})

test('opened, they are plaintext in the work tree, and another program reads what is committed then', async () => {
  const { stderr } = await run('--open')
  assert.match(stderr, /5 files/)
  await alice.git(dir, 'commit', '-q', '-m', 'Open')
  assert.is(String(read(dir, 'secrets/app.yaml')), FILES['secrets/app.yaml'])
  put('secrets/app.yaml', (FILES['secrets/app.yaml'] as string).replace('needle-yaml', 'needle-new'))
  await alice.commit(dir, 'Change', '-a')
  const blob = String(await blobOf(alice, dir, 'HEAD:secrets/app.yaml'))
  assert.not.match(blob, /needle/)
  const lines = String(before.get('secrets/app.yaml')).split('\n')
  const changed = blob.split('\n').filter((line, i) => line !== lines[i])
  assert.is(changed.length, 3, changed.join('\n'))
  // The host opens it with what ssh-to-age makes of its key.
  const secretKey = sshKeyToAge(readFileSync(alice.box.path('web1'), 'utf8')) as string
  assert.equal(await decryptIndependently(blob, { secretKey, fileType: 'yaml' }), {
    db: { password: 'needle-new', list: [1, 'needle-flow'] },
  })
  await alice.git(dir, 'nixsecret', 'check')
})

test('copies as age files come in besides, of what has other keys too', async () => {
  await alice.git(dir, 'config', '--add', 'nixsecret.identity', join(alice.box.home, '.ssh/id_ed25519'))
  const keys = alice.box.write('sops-keys.txt', real('age-keys.txt'))
  const named = await alice.box.run('git', ['nixsecret', 'import', 'sops', '--dry-run'], {
    cwd: dir,
    env: { SOPS_AGE_KEY_FILE: keys },
  })
  assert.match(named.stderr, /hint: git config --global --add nixsecret\.identity .*sops-keys\.txt/)
  await alice.git(dir, 'config', '--add', 'nixsecret.identity', keys)
  const { code, stderr } = await run('--as', 'age', '--into', 'copies')
  assert.is(code, 1, stderr)
  await alice.commit(dir, 'Copies')
  assert.match(String(read(dir, 'copies/real/both.yaml')), /^test_key: test_value\n/)
  assert.match(String(await blobOf(alice, dir, 'HEAD:copies/real/both.yaml')), /^age-encryption\.org\/v1\n/)
  assert.equal(read(dir, 'real/both.yaml'), real('secrets.yaml'))
})

test('no plaintext is anywhere in git', async () => {
  assert.equal(await findPlaintext(alice, dir, ['needle-json', 'needle-env', 'needle-ini', 'needle-new']), [])
})

if (needs('import sops', 'ssh-keygen')) test.run()
