import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { needs } from '../support/needs.ts'
import { nixPrograms } from '../support/nix.ts'
import { HomeUser } from './home-user.ts'

const SECRETS = { token: 'a token of mine\n', other: 'another of mine\n', renewed: 'a renewed one\n' }

// A checkout of it; its modules want nixpkgs' lib, too.
const homeManager = process.env.NIXPKGS_LIB === undefined ? undefined : process.env.HOME_MANAGER

needs('the home-manager module', 'nix', 'age', 'ssh-keygen')
for (const program of nixPrograms()) {
  const title = (what: string) => `${what} (Nix ${program.version})`
  let user: HomeUser
  test.before(async () => {
    user = await HomeUser.create(program)
    for (const [name, text] of Object.entries(SECRETS)) await user.seal(name, text)
  })

  test(
    title('renders a unit that installs, one for each secret, and drop-ins for what reads them'),
    async () => {
      const { files } = await user.units(`{
      nixsecret.secrets.token = { file = ./token.age; restartUnits = [ "mail.service" ]; };
      nixsecret.templates.rc = { content = "t=\${config.nixsecret.placeholder.token}"; path = "/run/home/.rc"; };
    }`)
      assert.equal(Object.keys(files).sort(), [
        'systemd/user/mail.service.d/nixsecret.conf',
        'systemd/user/nixsecret-secret-token.service',
        'systemd/user/nixsecret-template-rc.service',
        'systemd/user/nixsecret.service',
      ])
      const main = files['systemd/user/nixsecret.service'] ?? ''
      for (const line of [
        'Before=basic.target',
        'Type=oneshot',
        'RemainAfterExit=true',
        'WantedBy=default.target',
      ])
        assert.ok(main.includes(`${line}\n`), line)
      assert.match(
        files['systemd/user/mail.service.d/nixsecret.conf'] ?? '',
        /^AssertPathExists=%t\/nixsecret\/token$/m,
      )
      assert.equal(await user.place.nix.find(['a token of mine']), [])
    },
  )

  if (homeManager !== undefined)
    test(title("home-manager's own module takes the units, and renders the same"), async () => {
      const configuration = `{
        nixsecret.secrets.token = { file = ./token.age; restartUnits = [ "mail.service" ]; };
        nixsecret.secrets.other.file = ./other.age;
      }`
      const plain = (text: string | undefined) => text?.split('\n').filter(Boolean)
      const { files: ours } = await user.units(configuration)
      const { files } = await user.units(configuration, ['--arg', 'homeManager', homeManager])
      for (const [name, text] of Object.entries(ours)) assert.equal(plain(files[name]), plain(text), name)
      assert.equal(
        Object.keys(files).filter((name) => !(name in ours)),
        ['systemd/user/default.target.wants/nixsecret.service'],
      )
    })

  test(title('another secret is another unit; the same configuration is the same'), async () => {
    const first = await user.units('{ nixsecret.secrets.token.file = ./token.age; }')
    const again = await user.units('{ nixsecret.secrets.token.file = ./token.age; }')
    const other = await user.units('{ nixsecret.secrets.token.file = ./renewed.age; }')
    assert.is(first.dir, again.dir)
    assert.is.not(first.install, other.install)
  })

  test(title('the path of a secret is below $XDG_RUNTIME_DIR, unless said otherwise'), async () => {
    const path = (more: string) =>
      user.value(
        `{ nixsecret.secrets.token = { file = ./token.age; ${more} }; }`,
        'nixsecret.secrets.token.path',
      )
    assert.is(await path(''), '$XDG_RUNTIME_DIR/nixsecret/token')
    assert.is(await path('name = "a/b";'), '$XDG_RUNTIME_DIR/nixsecret/a/b')
    assert.is(await path('path = "/run/home/.token";'), '/run/home/.token')
  })

  test(title('identities are the SSH keys of the user, and the file of our program'), async () => {
    assert.equal(await user.value('{ }', 'nixsecret.identityPaths'), [
      '/run/home/.ssh/id_ed25519',
      '/run/home/.ssh/id_rsa',
      '/run/home/.config/git-nixsecret/identity.txt',
    ])
  })

  test(title('a copy that may come to lie on a disk is warned of'), async () => {
    const secret = 'file = ./token.age; path = "/run/home/.token"; symlink = false;'
    const warnings = (await user.value(
      `{ nixsecret.secrets.token = { ${secret} }; }`,
      'warnings',
    )) as string[]
    assert.is(warnings.length, 1)
    assert.match(warnings[0] ?? '', /plaintext at \/run\/home\/\.token/)
  })

  test(title('what can not work is refused with what to write instead'), async () => {
    for (const [configuration, why] of [
      ['{ nixsecret.secrets.a.file = ./nowhere; }', /there is no .*nowhere/],
      [
        '{ nixsecret.secrets.a.file = ./token.age; nixsecret.identityPaths = [ ]; }',
        /identityPaths is empty/,
      ],
      ['{ nixsecret.secrets.a.file = ./token.age; nixsecret.identityPaths = [ ./token.age ]; }', /in quotes/],
      [
        '{ nixsecret.secrets.a.file = ./token.age; systemd.user.enable = false; }',
        /systemd\.user\.enable is false/,
      ],
      ['{ nixsecret.secrets.a = { file = ./token.age; owner = "root"; }; }', /owner/],
    ] as const) {
      const { code, stderr } = await user.build(configuration)
      assert.is.not(code, 0, configuration)
      assert.match(stderr, why)
    }
  })

  test(title('plaintext where ciphertext belongs fails the build'), async () => {
    user.person.box.write('config/plain.age', 'just text\n')
    const { code, stderr } = await user.build('{ nixsecret.secrets.plain.file = ./plain.age; }')
    assert.is.not(code, 0)
    assert.match(stderr, /is not an age file/)
  })

  test(title('without systemd and without secrets there is nothing'), async () => {
    const { files } = await user.units('{ systemd.user.enable = false; }')
    assert.equal(files, {})
  })
}

test.run()
