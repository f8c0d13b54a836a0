import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { nixPrograms } from '../support/nix.ts'
import { HomeUser, type Units } from './home-user.ts'

const TOKEN = 'a token of mine\n'
const RENEWED = 'another token, renewed\n'
const BYTES = Buffer.from([0, 255, 10, 13, 0, 10])

const [program] = nixPrograms()
if (HomeUser.possible("installing a user's secrets for real") && program !== undefined) {
  let user: HomeUser
  const units: Record<string, Units> = {}
  test.before(async () => {
    user = await HomeUser.create(program)
    await user.seal('token', TOKEN)
    await user.seal('renewed', RENEWED)
    await user.seal('bytes', BYTES)
    await user.sealForOthers('alien')
    const more = `
      nixsecret.secrets.bytes = { file = ./bytes.age; mode = "0440"; path = "/run/home/deep/bytes"; };
      nixsecret.templates.rc.content = "token=\${config.nixsecret.placeholder.token}!";`
    units.first = await user.units(`{ nixsecret.secrets.token.file = ./token.age; ${more} }`)
    units.second = await user.units('{ nixsecret.secrets.token.file = ./renewed.age; }')
    units.alien = await user.units(`{ nixsecret.secrets.token.file = ./alien.age; ${more} }`)
    units.none = await user.units('{ }')
  })

  /** Runs a script in which `install NAME` does what that unit does and prints how it ended. */
  const run = async (script: string) => {
    const lines = Object.entries(units).map(([name, { install }]) => `${name}) as_user ${install} ;;`)
    const { code, out, stderr } = await user.inNamespace(`
      install() { set +e; case $1 in ${lines.join(' ')} esac; echo "exit $?"; set -e; }
      cd /run/rt
      ${script}`)
    assert.is(code, 0, stderr)
    return { out, stderr }
  }

  test('content, modes and owners are as said, and nobody else can look', async () => {
    const { out } = await run(`
      install first
      cat nixsecret/token
      cat nixsecret/templates/rc; echo
      od -An -tx1 /run/home/deep/bytes
      stat -L -c '%a %u:%g' nixsecret/token nixsecret/templates/rc /run/home/deep/bytes
      readlink nixsecret /run/home/deep/bytes
      setpriv --reuid 4321 --clear-groups cat nixsecret/token 2>&1 || :`)
    assert.equal(out.split('\n'), [
      'exit 0',
      TOKEN.trim(),
      `token=${TOKEN}!`.split('\n')[0],
      '!',
      ' 00 ff 0a 0d 00 0a',
      '400 12345:12345',
      '400 12345:12345',
      '440 12345:12345',
      '/run/rt/nixsecret.d/1',
      '/run/rt/nixsecret/bytes',
      'cat: nixsecret/token: Permission denied',
      '',
    ])
  })

  test('the next generation takes its place, and what was removed is gone', async () => {
    const { out } = await run(`
      install first
      install second
      cat nixsecret/token
      readlink nixsecret
      ls nixsecret.d nixsecret
      ls -A /run/home/deep`)
    assert.equal(out.split('\n'), [
      'exit 0',
      'exit 0',
      RENEWED.trim(),
      '/run/rt/nixsecret.d/2',
      ...['nixsecret:', 'token', '', 'nixsecret.d:', '2', ''],
    ])
  })

  test('a secret that fails keeps its last good version, and the others go on', async () => {
    const { out, stderr } = await run(`
      install first
      install alien
      cat nixsecret/token nixsecret/templates/rc; echo
      readlink nixsecret
      rm -rf nixsecret nixsecret.d
      install alien
      find nixsecret/ -type f ! -path '*/.nixsecret/*'`)
    assert.equal(out.split('\n'), [
      ...['exit 0', 'exit 1', TOKEN.trim(), `token=${TOKEN.trim()}`, '!', '/run/rt/nixsecret.d/2'],
      ...['exit 1', 'nixsecret/bytes', ''],
    ])
    assert.match(stderr, /secret token can't be decrypted/)
  })

  test('without a key nothing changes', async () => {
    const { out, stderr } = await run(`
      install first
      rm /run/home/.ssh/id_ed25519
      install second
      cat nixsecret/token
      readlink nixsecret`)
    assert.equal(out.split('\n'), ['exit 0', 'exit 1', TOKEN.trim(), '/run/rt/nixsecret.d/1', ''])
    assert.match(stderr, /no identity/)
  })

  test('without secrets everything goes', async () => {
    const { out } = await run(`
      install first
      install none
      find /run/rt nixsecret/ /run/home -type f ! -path '*/.ssh/*' ! -path '*/.nixsecret/*'
      find -L /run/home -type l`)
    assert.equal(
      out.split('\n').filter((line) => !line.endsWith('nixsecret.lock')),
      ['exit 0', 'exit 0', ''],
    )
  })

  test('the store has ciphertext only', async () => {
    assert.equal(await user.place.nix.find([TOKEN.trim(), RENEWED.trim()]), [])
  })
}

test.run()
