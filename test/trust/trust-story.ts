import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as assert from 'uvu/assert'
import { newAgeKey } from '../../src/age/new-age-key.ts'
import { newSshKey } from '../../src/age/ssh/new-ssh-key.ts'
import { type RunResult, Sandbox } from '../support/sandbox.ts'
import { fromTemplate } from '../support/template.ts'
import { Burglar } from './burglar.ts'

/** What every plaintext begins with: who may read it. */
export type Audience = 'narrow' | 'team' | 'wide'

/** Public keys by name; `eve` is in no policy at first. */
export type Keys = Readonly<Record<'alice' | 'bob' | 'wanda' | 'eve', string>>

const ATTRIBUTES = `secrets/** filter=nixsecret diff=nixsecret merge=nixsecret -text
secrets/**/*.pub !filter !diff !merge !text
`

/** `secrets/narrow/**`: alice; `secrets/wide/**` and other `*.key`: alice, bob, wanda; all else: alice, bob. */
export function policyOf(keys: Keys): string {
  return `version = 1

[recipients]
alice = "${keys.alice}"
bob = "${keys.bob}"
wanda = "${keys.wanda}"

[groups]
team = ["alice", "bob"]

[default]
to = ["@team"]

[[rule]]
paths = ["/secrets/narrow/**"]
to = ["alice"]

[[rule]]
paths = ["/secrets/wide/**"]
to = ["@team", "wanda"]

[[rule]]
paths = ["*.key"]
to = ["@team", "wanda"]

[[rule]]
paths = ["/secrets/sops/**"]
format = "sops"
`
}

/** One work tree of one person. */
export class Clone {
  readonly box: Sandbox
  readonly dir: string
  readonly env: Record<string, string>

  constructor(box: Sandbox, home: string, dir: string) {
    this.box = box
    this.dir = dir
    this.env = {
      HOME: home,
      XDG_STATE_HOME: join(home, '.local/state'),
      XDG_CONFIG_HOME: join(home, '.config'),
      XDG_CACHE_HOME: join(home, '.cache'),
    }
  }

  run(program: string, ...args: string[]): Promise<RunResult> {
    return this.box.run(program, args, { cwd: this.dir, env: this.env })
  }

  /** git without hooks, which start several programs a commit. */
  tryGit(...args: string[]): Promise<RunResult> {
    return this.run('git', '-c', 'core.hooksPath=/dev/null', ...args)
  }

  async git(...args: string[]): Promise<string> {
    return this.box.ok('git', ['-c', 'core.hooksPath=/dev/null', ...args], { cwd: this.dir, env: this.env })
  }

  /** git as users have it. */
  async hooked(...args: string[]): Promise<string> {
    return this.box.ok('git', args, { cwd: this.dir, env: this.env })
  }

  nixsecret(...args: string[]): Promise<RunResult> {
    return this.run('git-nixsecret', ...args)
  }

  write(files: Readonly<Record<string, string | Buffer | null>>): void {
    for (const [path, content] of Object.entries(files)) {
      const file = join(this.dir, path)
      rmSync(file, { force: true })
      if (content === null) continue
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, content, { mode: 0o600 })
    }
  }

  link(path: string, target: string): void {
    rmSync(join(this.dir, path), { force: true })
    symlinkSync(target, join(this.dir, path))
  }

  text(path: string): string {
    return readFileSync(join(this.dir, path), 'utf8')
  }

  has(path: string): boolean {
    return existsSync(join(this.dir, path))
  }

  /** The object id of a path in the index or a commit; '' where there is none. */
  async id(path: string, rev = ''): Promise<string> {
    return (await this.tryGit('rev-parse', '-q', '--verify', `${rev}:${path}`)).out.trim()
  }

  async blob(name: string): Promise<Buffer> {
    return (await this.tryGit('cat-file', 'blob', name)).stdout
  }

  async commit(message: string, files: Readonly<Record<string, string | Buffer | null>> = {}): Promise<void> {
    this.write(files)
    await this.git('add', '-A')
    await this.git('commit', '-q', '-m', message)
  }
}

/**
 * A bare remote with clones of alice and bob, who are readers, and one of mallory, who can push and holds no key that
 * is a reader's.
 */
export class TrustStory {
  readonly box: Sandbox
  readonly keys: Keys
  readonly origin: string
  readonly alice: Clone
  readonly bob: Clone
  readonly mallory: Clone
  /** More places with objects: worktrees share theirs. */
  readonly places: string[]
  #burglar: Burglar | null = null

  private constructor(box: Sandbox) {
    this.box = box
    this.keys = JSON.parse(readFileSync(box.path('keys.json'), 'utf8')) as Keys
    this.origin = box.path('origin.git')
    this.alice = new Clone(box, box.home, box.path('alice'))
    this.bob = new Clone(box, box.path('homes/bob'), box.path('bob'))
    this.mallory = new Clone(box, box.path('homes/mallory'), box.path('mallory'))
    this.places = [this.origin, this.alice.dir, this.bob.dir, this.mallory.dir]
  }

  static async begin(): Promise<TrustStory> {
    const box = await fromTemplate('trust', ['alice'], async () => {
      const made = new Sandbox('trust')
      await makeClones(made)
      return made
    })
    return new TrustStory(box)
  }

  get policy(): string {
    return policyOf(this.keys)
  }

  /**
   * Mallory pushes what they like: no filter, no hook.
   * @param onto a commit that it is to come after; by default the remote's latest
   */
  async push(files: Readonly<Record<string, string | Buffer | null>>, onto = 'origin/main'): Promise<void> {
    await this.mallory.git('fetch', '-q')
    await this.mallory.git('reset', '-q', '--hard', onto)
    await this.mallory.commit('small fix', files)
    await this.mallory.git('push', '-q', '--force')
  }

  /** Where alice's trust is kept. */
  get stateDir(): string {
    return join(this.box.home, '.local/state/git-nixsecret/trust')
  }

  /** The private key of somebody, as a file. */
  identity(name: keyof Keys): string {
    return name === 'alice'
      ? join(this.box.home, '.ssh/id_ed25519')
      : this.box.path('homes', name, '.ssh/id_ed25519')
  }

  /**
   * That no object and no file of any clone opens with the newcomer's key, nor with wanda's or bob's but for what is
   * for them.
   * @param what was done, for messages
   * @param but what eve may read after all: what it begins with
   * @returns all that opens, by name
   */
  async nothingOpens(
    what: string,
    but: readonly string[] = [],
  ): Promise<ReadonlyMap<string, readonly string[]>> {
    this.#burglar ??= new Burglar(
      this.box,
      this.places,
      new Map((['alice', 'bob', 'wanda', 'eve'] as const).map((name) => [name, this.identity(name)])),
    )
    const opened = await this.#burglar.open()
    const leaks = (name: string, isLeak: (text: string) => boolean) =>
      assert.equal((opened.get(name) ?? []).filter(isLeak), [], `${what}: opens for ${name}`)
    leaks('eve', (text) => !but.some((start) => text.startsWith(start)))
    leaks('wanda', (text) => !text.startsWith('wide:') || text.includes('narrow:'))
    leaks('bob', (text) => text.includes('narrow:'))
    assert.ok((opened.get('wanda') ?? []).length > 0 && (opened.get('bob') ?? []).length > 1)
    return opened
  }
}

async function makeClones(box: Sandbox): Promise<void> {
  const keys: Record<string, string> = {}
  for (const name of ['alice', 'bob', 'wanda', 'eve', 'mallory']) {
    const home = name === 'alice' ? box.home : box.path('homes', name)
    const file = join(home, '.ssh/id_ed25519')
    // Keys of both sorts: blobs show readers of SSH keys by a tag, of age's not at all.
    const age = name === 'wanda' || name === 'eve' ? newAgeKey(new Date()) : null
    const { file: content, publicKey } = newSshKey(name)
    box.write(file, age?.text ?? content, 0o600)
    keys[name] = age?.recipient ?? publicKey
    box.write(`${file}.pub`, `${keys[name]}\n`)
    if (name !== 'alice') cpSync(join(box.home, '.gitconfig'), join(home, '.gitconfig'))
  }
  box.write('keys.json', JSON.stringify(keys))
  const alice = new Clone(box, box.home, box.path('alice'))
  await box.ok('git', ['init', '-q', '--bare', box.path('origin.git')])
  await box.ok('git', ['clone', '-q', box.path('origin.git'), alice.dir])
  alice.write({ 'nixsecret.toml': policyOf(keys as unknown as Keys), '.gitattributes': ATTRIBUTES })
  await ok(alice.nixsecret('init'))
  await alice.commit('base', {
    README: 'readme\n',
    'secrets/db': 'team: db\n',
    'secrets/other': 'team: other\n',
    'secrets/narrow/root': 'narrow: root\n',
    'secrets/narrow/ssh.key': 'narrow: ssh key\n',
    'secrets/wide/motd': 'wide: motd\n',
    'secrets/sops/app.yaml': 'password: team-app\nuser: app\n',
  })
  await alice.git('push', '-q', '-u', 'origin', 'main')
  for (const name of ['bob', 'mallory']) {
    const clone = new Clone(box, box.path('homes', name), box.path(name))
    await box.ok('git', ['clone', '-q', box.path('origin.git'), clone.dir], { env: clone.env })
    if (name === 'bob') await ok(clone.nixsecret('init'))
  }
}

/** What a command printed, where it worked. */
export async function ok(running: Promise<RunResult>): Promise<RunResult> {
  const result = await running
  if (result.code !== 0) throw new Error(`exit ${result.code}\n${result.stderr}\n${result.out}`)
  return result
}
