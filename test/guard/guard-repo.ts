import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { prepareHeader, sealBytes } from '../../src/age/seal.ts'
import { policyFrom } from '../../src/blob/policy-from.ts'
import { readersFor } from '../../src/blob/readers.ts'
import { textPath } from '../../src/byte-path.ts'
import { openRepository, type Repository } from '../../src/git/repository.ts'
import type { CheckResult } from '../../src/guard/finding.ts'
import type { CheckOptions } from '../../src/guard/inspection.ts'
import { Sandbox } from '../support/sandbox.ts'

export const ALICE = 'age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z'
export const WEB = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBPRNyUihwTsloxQwA49EoQePryWKnGj3svr3Mj0F5wA'

export const ATTRIBUTES = 'secrets/** filter=nixsecret diff=nixsecret merge=nixsecret -text\n'

/** A policy whose secrets are for these names. */
export function policyText(to: readonly string[] = ['alice']): string {
  return `version = 1\n[recipients]\nalice = "${ALICE}"\nweb = "${WEB}"\n[default]\nto = ${JSON.stringify(to)}\n`
}

/** Ciphertext as the clean filter makes it, for the readers that a policy names; or, with `foreign`, as age does. */
export async function sealed(text: string, policy = policyText(), foreign = false): Promise<Buffer> {
  const readers = readersFor(policyFrom(policy), textPath('secrets/x'))
  const header = await prepareHeader(readers.recipients, foreign ? [] : [readers.stanza])
  return sealBytes(header, Buffer.from(text))
}

/** What a path of a tree is to be: a file's content; a mode with an object id; null to take it away. */
export type Content = string | Uint8Array | { mode: string; oid: string } | null

/**
 * A repository that is written through plumbing alone, so that no filter, hook or work tree has a say in what
 * is committed: as a client would that knows nothing of filters.
 */
export class GuardRepo {
  readonly box: Sandbox
  readonly dir: string
  readonly #flags: string[]

  constructor(flags: string[] = [], box = new Sandbox('guard'), name = 'repo') {
    this.box = box
    this.dir = box.path(name)
    this.#flags = flags
    this.git(['init', '-q', ...this.#flags, this.dir], { cwd: box.dir })
  }

  get options(): CheckOptions {
    return { cwd: this.dir, env: this.box.env }
  }

  open(): Promise<Repository> {
    return openRepository(this.dir)
  }

  /** Runs git and gives what it prints, without the last line feed. */
  git(
    args: readonly string[],
    {
      input,
      cwd = this.dir,
      env = {},
    }: { input?: string | Uint8Array; cwd?: string; env?: Record<string, string> } = {},
  ): string {
    const done = spawnSync('git', args, {
      cwd,
      env: { ...this.box.env, ...env },
      ...(input === undefined ? {} : { input }),
    })
    if (done.status !== 0) throw new Error(`git ${args.join(' ')}: ${done.stderr.toString()}`)
    return done.stdout.toString('latin1').replace(/\n$/, '')
  }

  get #gitDir(): string {
    return this.#flags.includes('--bare') ? this.dir : join(this.dir, '.git')
  }

  blob(content: string | Uint8Array): string {
    return this.#object('blob', typeof content === 'string' ? Buffer.from(content) : content)
  }

  /** Writes a loose object as git does, without a process for each. */
  #object(type: 'blob' | 'commit', bytes: Uint8Array): string {
    const object = Buffer.concat([Buffer.from(`${type} ${bytes.length}\0`), bytes])
    const format = this.#flags.includes('--object-format=sha256') ? 'sha256' : 'sha1'
    const oid = createHash(format).update(object).digest('hex')
    const dir = join(this.#gitDir, 'objects', oid.slice(0, 2))
    const file = join(dir, oid.slice(2))
    mkdirSync(dir, { recursive: true })
    if (!existsSync(file)) writeFileSync(file, deflateSync(object), { mode: 0o444 })
    return oid
  }

  /** Puts paths (latin1 names: bytes) into the index. */
  stage(files: Readonly<Record<string, Content>>): void {
    const zero = '0'.repeat(40)
    const lines = Object.entries(files).map(([path, content]) => {
      const entry =
        content === null
          ? { mode: '0', oid: zero }
          : typeof content === 'string' || content instanceof Uint8Array
            ? { mode: '100644', oid: this.blob(content) }
            : content
      return Buffer.concat([
        Buffer.from(`${entry.mode} ${entry.oid}\t`),
        Buffer.from(path, 'latin1'),
        Buffer.of(0),
      ])
    })
    if (lines.length > 0) this.git(['update-index', '-z', '--index-info'], { input: Buffer.concat(lines) })
  }

  /**
   * Commits what is in the index, with these changes, onto these parents (default HEAD), and moves the branch.
   * @param flags of git, before its command; with any, the commit is signed
   */
  commit(
    files: Readonly<Record<string, Content>> = {},
    parents?: readonly string[],
    flags: readonly string[] = [],
  ): string {
    this.stage(files)
    const onto = parents ?? this.#head()
    const tree = this.git(['write-tree'])
    const oid = flags.length === 0 ? this.#unsigned(tree, onto) : this.#signed(tree, onto, flags)
    this.git(['update-ref', 'HEAD', oid])
    return oid
  }

  #unsigned(tree: string, parents: readonly string[]): string {
    const by = `Test <test@example.org> ${Math.floor(Date.now() / 1000)} +0000`
    const lines = [
      `tree ${tree}`,
      ...parents.map((one) => `parent ${one}`),
      `author ${by}`,
      `committer ${by}`,
    ]
    return this.#object('commit', Buffer.from(`${lines.join('\n')}\n\nx\n`))
  }

  #signed(tree: string, parents: readonly string[], flags: readonly string[]): string {
    return this.git([
      ...flags,
      'commit-tree',
      tree,
      '-m',
      'x',
      '-S',
      ...parents.flatMap((one) => ['-p', one]),
    ])
  }

  /** Makes a branch at a commit the current one, with that commit's tree in the index. */
  switchTo(branch: string, commit: string): void {
    this.git(['update-ref', `refs/heads/${branch}`, commit])
    this.git(['symbolic-ref', 'HEAD', `refs/heads/${branch}`])
    this.git(['read-tree', commit])
  }

  /** The usual beginning: attributes, policy and one secret. */
  async begin(): Promise<string> {
    return this.commit({
      '.gitattributes': ATTRIBUTES,
      'nixsecret.toml': policyText(),
      'secrets/a': await sealed('a'),
    })
  }

  #head(): string[] {
    // Most often HEAD names a branch that is a file of its own.
    const [, ref] = /^ref: (.+)\n$/.exec(readFileSync(join(this.#gitDir, 'HEAD'), 'utf8')) ?? []
    const file = join(this.#gitDir, ref ?? 'HEAD')
    if (existsSync(file)) return [readFileSync(file, 'utf8').trim()]
    const done = spawnSync('git', ['rev-parse', '--verify', '--quiet', 'HEAD'], {
      cwd: this.dir,
      env: this.box.env,
    })
    return done.status === 0 ? [done.stdout.toString().trim()] : []
  }
}

/** Findings as short lines, sorted: `severity rule path commit`, the commit only where `names` has it. */
export function brief(result: CheckResult, names: Readonly<Record<string, string>> = {}): string[] {
  const byOid = new Map(Object.entries(names).map(([name, oid]) => [oid, name]))
  return result.findings
    .map(({ severity, rule, path, commit }) =>
      [severity, rule, path, commit === null ? 'index' : (byOid.get(commit) ?? '?')].join(' '),
    )
    .sort()
}
