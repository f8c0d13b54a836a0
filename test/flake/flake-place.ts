import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { NixPlace, type NixProgram } from '../support/nix.ts'
import type { RunOptions, RunResult, Sandbox } from '../support/sandbox.ts'

export const ROOT = dirname(dirname(import.meta.dirname))
const STUB = join(ROOT, 'test/flake/nixpkgs')

/** Nix's name of the system that the tests run on. */
export const SYSTEM = `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-${process.platform}`

/**
 * A Nix for which our flake is there, as a copy of what git has or would take of it, with a stand-in for nixpkgs whose
 * packages are the programs of this machine.
 */
export class FlakePlace {
  readonly nix: NixPlace
  /** Our flake, as a flake reference. */
  readonly flake: string
  /** The stand-in for nixpkgs, as a flake reference. */
  readonly nixpkgs: string

  constructor(box: Sandbox, program: NixProgram) {
    this.nix = new NixPlace(box, program)
    const copy = box.path('flake')
    const listed = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
    const names = execFileSync('git', listed, { cwd: ROOT, encoding: 'utf8' }).split('\0').filter(Boolean)
    for (const name of names.filter((path) => existsSync(join(ROOT, path)))) {
      mkdirSync(dirname(join(copy, name)), { recursive: true })
      copyFileSync(join(ROOT, name), join(copy, name))
    }
    const stub = box.path('nixpkgs')
    cpSync(STUB, stub, { recursive: true })
    cpSync(join(ROOT, 'test/modules'), join(stub, 'modules'), { recursive: true })
    const { NIXPKGS_LIB: lib, PATH: path, SSL_CERT_FILE: given } = process.env
    if (lib !== undefined) {
      rmSync(join(stub, 'lib'), { recursive: true })
      cpSync(lib, join(stub, 'lib'), { recursive: true })
    }
    const certificates = given ?? '/etc/ssl/certs/ca-certificates.crt'
    box.write(join(stub, 'host.json'), JSON.stringify({ path, certificates }))
    this.flake = `path:${copy}`
    this.nixpkgs = `path:${stub}`
  }

  /** Runs `nix COMMAND…` with the stand-in as the input `nixpkgs` of the flake that the arguments name. */
  run(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    return this.nix.run('nix', this.#args(args), options)
  }

  /** The same; throws, with what it printed, unless it exits 0. */
  ok(args: readonly string[], options: RunOptions = {}): Promise<string> {
    return this.nix.ok('nix', this.#args(args), options)
  }

  /** The value of an output of our flake, or of a Nix function of it. */
  async value(output: string, apply = 'x: x'): Promise<unknown> {
    return JSON.parse(await this.ok(['eval', '--json', `${this.flake}#${output}`, '--apply', apply]))
  }

  #args(args: readonly string[]): string[] {
    return [...args, '--override-input', 'nixpkgs', this.nixpkgs, '--no-write-lock-file']
  }
}
