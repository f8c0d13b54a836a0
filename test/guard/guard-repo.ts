import { spawnSync } from 'node:child_process'
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

  blob(content: string | Uint8Array): string {
    return this.git(['hash-object', '-w', '--no-filters', '--stdin'], { input: content })
  }

  /** Puts paths (latin1 names: bytes) into the index. */
  stage(files: Readonly<Record<string, Content>>): void {
    const zero = '0'.repeat(40)
    for (const [path, content] of Object.entries(files)) {
      const entry =
        content === null
          ? { mode: '0', oid: zero }
          : typeof content === 'string' || content instanceof Uint8Array
            ? { mode: '100644', oid: this.blob(content) }
            : content
      const line = Buffer.concat([
        Buffer.from(`${entry.mode} ${entry.oid}\t`),
        Buffer.from(path, 'latin1'),
        Buffer.of(0),
      ])
      this.git(['update-index', '-z', '--index-info'], { input: line })
    }
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
    const sign = flags.length > 0 ? ['-S'] : []
    const made = [tree, '-m', 'x', ...sign, ...onto.flatMap((parent) => ['-p', parent])]
    const oid = this.git([...flags, 'commit-tree', ...made])
    this.git(['update-ref', 'HEAD', oid])
    return oid
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
