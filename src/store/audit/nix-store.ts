import { displayText } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { runProgram } from '../../host/run-program.ts'

/** Else the derivation of a live output would count as live, and stay. */
export const KEEP_NOTHING = ['--option', 'keep-derivations', 'false', '--option', 'keep-outputs', 'false']
/** Paths in one call. */
const BATCH = 200
/** Paths whose roots are asked for one by one. */
const MOST_SINGLE = 100

/** Asks `nix-store` about paths of one store. */
export class NixStore {
  readonly #env: NodeJS.ProcessEnv

  /** @param store its directory */
  constructor(store: string, env: NodeJS.ProcessEnv = process.env) {
    this.#env = { ...env, NIX_STORE_DIR: store }
  }

  /**
   * The roots that hold each path, derivations not for their outputs' sake.
   * @returns a path with null, or without an entry: not known; no path at all: there is no `nix-store`
   */
  async roots(paths: readonly string[]): Promise<Map<string, string[] | null>> {
    const found = new Map<string, string[] | null>()
    const known = await this.#registered(paths)
    if (known === null) return found
    for (const path of paths) if (!known.has(path)) found.set(path, [])
    const asked = [...known]
    for (let from = 0; from < asked.length; from += BATCH) {
      const batch = asked.slice(from, from + BATCH)
      // As a rule none is held; then one question is enough.
      const all = await this.#rootsOf(batch)
      const single = all === null || all.length > 0
      for (const [at, path] of batch.entries())
        found.set(path, !single ? [] : from + at < MOST_SINGLE ? await this.#rootsOf([path]) : null)
    }
    return found
  }

  /**
   * Deletes a path with all that refers to it.
   * @returns null where it went, else what Nix said, escaped
   */
  async delete(path: string): Promise<string | null> {
    const closure = await this.#run(['--query', '--referrers-closure', path])
    // What is not in the database has no referrers.
    const paths = closure?.code === 0 ? lines(closure.stdout) : [path]
    for (let from = 0; from < paths.length; from += BATCH) {
      const done = await this.#run([...KEEP_NOTHING, '--delete', ...paths.slice(from, from + BATCH)])
      if (done === null) return 'nix-store is not on PATH'
      if (done.code !== 0) return complaint(done.stderr)
    }
    return null
  }

  /** Those that the database has; null without `nix-store`. */
  async #registered(paths: readonly string[]): Promise<Set<string> | null> {
    const known = new Set(paths)
    for (let from = 0; from < paths.length; from += BATCH) {
      const args = ['--check-validity', '--print-invalid', ...paths.slice(from, from + BATCH)]
      const answer = await this.#run(args)
      if (answer === null || answer.code !== 0) return null
      for (const path of lines(answer.stdout)) known.delete(path)
    }
    return known
  }

  async #rootsOf(paths: readonly string[]): Promise<string[] | null> {
    const answer = await this.#run([...KEEP_NOTHING, '--query', '--roots', ...paths])
    if (answer === null || answer.code !== 0) return null
    return [...new Set(lines(answer.stdout).map((line) => line.replace(/ -> .*$/, '')))]
  }

  async #run(args: readonly string[]) {
    try {
      return await runProgram('nix-store', args, { env: this.#env })
    } catch (fault) {
      if (fault instanceof NixsecretError && fault.code === 'missing') return null
      throw fault
    }
  }
}

function lines(output: Buffer): string[] {
  return output.toString('utf8').split('\n').filter(Boolean)
}

function complaint(stderr: string): string {
  const all = stderr.split('\n').filter((line) => line.trim() !== '')
  const line = all.find((text) => /^error:/.test(text)) ?? all[0] ?? 'nix-store failed'
  return displayText(line.replace(/^error: */, ''))
}
