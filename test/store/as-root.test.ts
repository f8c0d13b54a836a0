import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, lstatSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { needs } from '../support/needs.ts'
import { NixPlace, nixPrograms } from '../support/nix.ts'
import { PROGRAM, type RunResult } from '../support/sandbox.ts'
import { isAge, read } from '../support/story.ts'
import { SealedStory } from './sealed-story.ts'

const test = suite('store/as-root')
/** No user of this machine; the tests tell it who that is in a mount namespace of their own. */
const UID = 54321
const there = process.getuid?.() === 0 && needs('sealed builds as root', 'setpriv', 'unshare', 'getent')
if (process.getuid?.() !== 0) process.stdout.write('skipped: sealed builds as root (needs root)\n')

/** A repository of another user, as `sudo` has root see it. */
class Foreign {
  readonly story: SealedStory
  readonly #passwd: string

  private constructor(story: SealedStory, passwd: string) {
    this.story = story
    this.#passwd = passwd
  }

  static async begin(): Promise<Foreign> {
    const story = await SealedStory.begin()
    const { box } = story.person
    const entry = `someone:x:${UID}:${UID}::${box.home}:/bin/sh\n`
    // The program may lie where only root gets to.
    cpSync(dirname(PROGRAM), box.path('program'), { recursive: true })
    rmSync(join(box.bin, 'git-nixsecret'))
    symlinkSync(box.path('program', basename(PROGRAM)), join(box.bin, 'git-nixsecret'))
    const passwd = box.write('passwd', `root:x:0:0::/root:/bin/sh\n${entry}`, 0o644)
    await box.ok('chown', ['-R', `${UID}:${UID}`, box.dir])
    chmodSync(box.dir, 0o755)
    return new Foreign(story, passwd)
  }

  /** As root, with a home of its own; `sudo` says who called. */
  root(args: readonly string[], env: Readonly<Record<string, string | undefined>> = {}): Promise<RunResult> {
    const script = 'mount --bind "$1" /etc/passwd && shift && exec "$@"'
    const inside = ['unshare', '-m', 'sh', '-c', script, '-', this.#passwd, ...args]
    const { box } = this.story.person
    const own = {
      HOME: box.path('root'),
      XDG_STATE_HOME: undefined,
      XDG_CONFIG_HOME: undefined,
      SUDO_UID: String(UID),
    }
    return box.run(inside[0] as string, inside.slice(1), { cwd: this.story.repo, env: { ...own, ...env } })
  }

  /** Everything below `.git` that is root's. */
  rootsFiles(): string[] {
    const all = readdirSync(join(this.story.repo, '.git'), { recursive: true, withFileTypes: true })
    return all
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => lstatSync(file).uid !== UID)
  }
}

if (there) {
  test('the owner makes the twin, root runs the command, and root leaves nothing behind', async () => {
    const foreign = await Foreign.begin()
    const { story } = foreign
    story.write('secrets/db', 'changed-by-its-owner\n')
    spawnSync('chown', ['-R', `${UID}:${UID}`, story.repo])
    const secret = await foreign.root(['git', 'nixsecret', 'sealed', 'cat', 'secrets/db'])
    assert.is(secret.code, 0, secret.stderr)
    assert.ok(isAge(secret.stdout))
    assert.is((await foreign.root(['git', 'nixsecret', 'sealed', 'id', '-u'])).out, '0\n')
    const script = 'echo "{}" > flake.lock; git add -N flake.lock; echo "$SUDO_UID"; exit 4'
    const wrote = await foreign.root(['git', 'nixsecret', 'sealed', 'sh', '-c', script])
    assert.is(`${wrote.code} ${wrote.out}`, `4 ${UID}\n`, wrote.stderr)
    assert.is(String(read(story.repo, 'flake.lock')), '{}\n')
    assert.is(lstatSync(join(story.repo, 'flake.lock')).uid, UID)
    assert.equal(foreign.rootsFiles(), [])
    assert.match((await foreign.root(['git', 'nixsecret', 'flake-ref'])).out, /\/twin\/tree\n$/)
    // And the owner goes on with the same twin.
    const owner = [
      '--reuid',
      String(UID),
      '--regid',
      String(UID),
      '--clear-groups',
      'git',
      'nixsecret',
      'sealed',
      'cat',
      'secrets/db',
    ]
    const own = await story.person.box.run('setpriv', owner, { cwd: story.repo })
    assert.is(own.code, 0, own.stderr)
    assert.ok(isAge(own.stdout))
    story.person.box.remove()
  })

  test('a repository that git does not trust is refused', async () => {
    const foreign = await Foreign.begin()
    const refused = await foreign.root(['git', 'nixsecret', 'sealed', 'true'], { SUDO_UID: undefined })
    assert.is(refused.code, 2)
    assert.match(refused.stderr, /belongs to another user/)
    foreign.story.person.box.remove()
  })

  for (const program of needs('Nix as root', 'nix') ? nixPrograms() : []) {
    test(`Nix ${program.version} builds as root from the twin of another user`, async () => {
      const foreign = await Foreign.begin()
      const { story } = foreign
      const place = new NixPlace(story.person.box, program)
      const drv =
        'derivation { name = "x"; system = "x86_64-linux"; builder = "/bin/sh"; args = [ "-c" "echo a > $out" ]; s = "${./secrets/db}"; }'
      story.write('flake.nix', `{ outputs = { self }: { x = ${drv}; }; }\n`)
      spawnSync('chown', ['-R', `${UID}:${UID}`, story.repo])
      const nix = [
        'nix',
        '--extra-experimental-features',
        'nix-command flakes',
        'build',
        '--no-link',
        '@sealed@#x',
      ]
      const { HOME: _, ...env } = place.env
      const built = await foreign.root(['git', 'nixsecret', 'sealed', '--', ...nix], env)
      assert.is(built.code, 0, built.stderr)
      assert.equal(await place.find(['hunter2-of-the-database']), [])
      assert.equal(foreign.rootsFiles(), [])
      story.person.box.remove()
    })
  }
}

if (there)
  test('a git directory of a user that leads to one of root is refused: its configuration would run as root', async () => {
    const story = await SealedStory.begin()
    const { box } = story.person
    await story.git('config', 'extensions.worktreeConfig', 'true')
    const bait = box.path('bait')
    const ran = box.path('ran')
    const config = `[filter "bait"]\n\tclean = id -u >${ran}; cat\n\trequired = true\n`
    const files = {
      HEAD: 'ref: refs/heads/x\n',
      commondir: `${story.repo}/.git\n`,
      'config.worktree': config,
    }
    for (const [name, text] of Object.entries(files)) box.write(join(bait, '.git', name), text)
    box.write(join(bait, '.gitattributes'), 'file filter=bait\n')
    box.write(join(bait, 'file'), 'x')
    await story.person.git(bait, 'update-index', '--add', '--cacheinfo', `100644,${'e'.repeat(40)},file`)
    await box.ok('chown', ['-R', `${UID}:${UID}`, bait])
    const env = { SUDO_UID: String(UID) }
    const { code, stderr } = await box.run('git', ['nixsecret', 'sealed', 'true'], { cwd: bait, env })
    assert.not.ok(existsSync(ran))
    assert.is(code, 2)
    assert.match(stderr, /error: the git directory of this work tree leads to one of another user/)
    box.remove()
  })

test.run()
