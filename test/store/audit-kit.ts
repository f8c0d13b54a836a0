import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { NixPlace, type NixProgram } from '../support/nix.ts'
import type { RunOptions, RunResult } from '../support/sandbox.ts'
import { Person, startRepository } from '../support/story.ts'

/** A finding as `audit --json` tells it. */
export interface JsonLeak {
  place: string
  path: string
  kind: string
  in: string
  secret: string
  'private-key': boolean
  version: string
  form: string
  line: number | null
  roots: string[] | null
  allowed: boolean
}

/** What `audit --json` prints. */
export interface JsonAudit {
  leaks: JsonLeak[]
  complete: boolean
  faults: string[]
  looked: Record<string, number | null>
  removed: string[] | null
  kept: { place: string; why: string }[] | null
}

/** A secret with several lines, and characters that are escaped in a `.drv` file and again in JSON. */
export const SECRETS = {
  'secrets/db.env': 'DB_USER=app\nDB_PASSWORD="zu7\\lk"x9Qw\'e2rt"\nDB_NOTE=tab\there-9fKe83\n',
  'secrets/token': 'tok_9f8e7d6c5b4a39281706\n',
  'hosts/web/secrets/pin': '4711\n',
}
/** What must not be seen anywhere but in the store that it leaked to. */
export const TELLING = ['zu7\\lk', 'x9Qw', 'here-9fKe83', 'tok_9f8e7d6c5b4a39281706']

/** A repository with open secrets, and a Nix of its own. */
export class AuditPlace {
  readonly person: Person
  readonly repo: string
  /** A Nix with an empty store; {@link fresh} makes another. */
  nix: NixPlace
  #count = 0

  private constructor(person: Person, repo: string, nix: NixPlace) {
    this.person = person
    this.repo = repo
    this.nix = nix
  }

  /** @param files more of them, committed */
  static async make(program: NixProgram, files: Readonly<Record<string, string>> = {}): Promise<AuditPlace> {
    const person = await Person.create('audit')
    const paths = ['--path', 'secrets/**', '--path', 'hosts/*/secrets/**']
    const repo = await startRepository(person, 'repo', paths)
    const place = new AuditPlace(person, repo, new NixPlace(person.box, program))
    await place.commit({ ...SECRETS, 'flake.nix': FLAKE, ...files })
    await place.fresh()
    return place
  }

  /** From now on a Nix with a store, caches and logs that nothing has come to yet. */
  async fresh(): Promise<void> {
    this.nix = new NixPlace(this.person.box, this.nix.program, `nix-${this.#count++}`)
    await this.nix.ok('nix-store', ['--init'])
  }

  static readonly #shared = new Map<NixProgram, Promise<AuditPlace>>()

  /** The same repository for all tests that leave it as it is, with a Nix that nothing has come to yet. */
  static async shared(program: NixProgram): Promise<AuditPlace> {
    const made = AuditPlace.#shared.get(program) ?? AuditPlace.make(program)
    AuditPlace.#shared.set(program, made)
    const place = await made
    await place.fresh()
    return place
  }

  put(path: string, content: string): void {
    this.person.box.write(join(this.repo, path), content)
  }

  async commit(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [path, content] of Object.entries(files)) this.put(path, content)
    await this.person.git(this.repo, 'add', '-A')
    // What the guard stops has to be there, to see what it comes to.
    await this.person.commit(this.repo, 'Change')
  }

  /** Runs `audit` and sees to it that it tells nothing of a secret. */
  async run(args: readonly string[] = [], options: RunOptions = {}): Promise<RunResult> {
    const result = await this.nix.run('git', ['nixsecret', 'audit', ...args], { cwd: this.repo, ...options })
    for (const text of TELLING)
      assert.not.ok(`${result.out}${result.stderr}`.includes(text), 'a secret was printed')
    return result
  }

  async audit(args: readonly string[] = [], options: RunOptions = {}): Promise<JsonAudit & { code: number }> {
    const result = await this.run(['--json', ...args], options)
    try {
      return { code: result.code, ...(JSON.parse(result.out) as JsonAudit) }
    } catch {
      throw new Error(`${result.code}\n${result.out}\n${result.stderr}`)
    }
  }

  /** Nothing is found, and nothing was left out. */
  async isClean(args: readonly string[] = []): Promise<void> {
    const { code, leaks, faults } = await this.audit(args)
    assert.equal({ code, leaks, faults }, { code: 0, leaks: [], faults: [] })
  }

  /** Evaluates an expression with a variable `repo`: the work tree's path. */
  instantiate(expression: string): Promise<string> {
    const file = this.person.box.write(`expression-${process.hrtime.bigint()}.nix`, expression)
    return this.nix.ok('nix-instantiate', [file, '--arg', 'repo', this.repo])
  }

  build(expression: string, args: readonly string[]): Promise<string> {
    const file = this.person.box.write(`expression-${process.hrtime.bigint()}.nix`, expression)
    return this.nix.ok('nix-build', [file, '--arg', 'repo', this.repo, ...args])
  }
}

/** The findings as short lines, sorted: kind, form, secret, line. */
export function told(leaks: readonly JsonLeak[]): string[] {
  return [
    ...new Set(leaks.map(({ kind, form, secret, line }) => [kind, form, secret, line ?? '-'].join(' '))),
  ].sort()
}

/** Whether a store path is there. */
export function isThere(path: string): boolean {
  return existsSync(path)
}

/** A file's text. */
export function text(path: string): string {
  return readFileSync(path, 'utf8')
}

const FLAKE = `{
  outputs = { self }: {
    none = "nothing";
    read = builtins.readFile ./secrets/token;
  };
}
`
