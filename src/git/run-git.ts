import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { displayText } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'

/** How a git command is run. */
export interface GitOptions {
  /** Where; default the process's own directory. */
  readonly cwd?: string
  /** Variables added to (or, if undefined, removed from) the process's own. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** What git reads; default nothing. */
  readonly input?: Uint8Array | AsyncIterable<Uint8Array>
  /** The most that git may print, in bytes; default 1 GiB. More is a fault. */
  readonly maxBytes?: number
}

/** What a git command did. */
export interface GitResult {
  readonly code: number
  readonly stdout: Buffer
  /** For people; untrusted, escape before printing. */
  readonly stderr: string
}

/** Node's environment with `changes` applied. */
export function gitEnv(changes: GitOptions['env'] = {}): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env }
  // git before 2.40 gives it to the filters of a submodule, and most of its commands refuse to run with it.
  delete env.GIT_INTERNAL_SUPER_PREFIX
  // Set (Magit does), they would make a name of our pathspecs, and git would list nothing.
  for (const kind of ['LITERAL', 'GLOB', 'NOGLOB', 'ICASE']) delete env[`GIT_${kind}_PATHSPECS`]
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) delete env[name]
    else env[name] = value
  }
  return env
}

/**
 * Runs git and collects what it prints. Arguments are an array, never a shell string.
 * @returns the exit code and output, whatever the code is
 * @throws NixsecretError `git` where git can't be started, is killed, or prints more than `maxBytes`
 */
export async function tryGit(args: readonly string[], options: GitOptions = {}): Promise<GitResult> {
  const child = spawn('git', args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: gitEnv(options.env),
    // A pipe that nothing goes through takes time as well.
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  }) as ChildProcessByStdio<Writable | null, Readable, Readable>
  const limit = options.maxBytes ?? 1 << 30
  const out: Buffer[] = []
  const err: Buffer[] = []
  let size = 0
  let errSize = 0
  let tooMuch = false
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > limit) {
      tooMuch = true
      child.kill('SIGKILL')
    } else out.push(chunk)
  })
  child.stderr.on('data', (chunk: Buffer) => {
    errSize += chunk.length
    if (errSize < 1 << 20) err.push(chunk)
  })
  const closed = new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal }))
  })
  // git may exit before it has read everything (EPIPE); its exit code tells what matters.
  child.stdin?.on('error', () => {})
  const fed = child.stdin === null ? null : feed(child.stdin, options.input)
  const name = `git ${args.find((a) => !a.startsWith('-')) ?? ''}`
  let end: { code: number | null; signal: string | null }
  try {
    end = await closed
    await fed
  } catch (cause) {
    const absent = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    throw new NixsecretError(
      'git',
      absent ? 'cannot run git: it is not on PATH, or this directory is gone' : `cannot run ${name}`,
      { cause },
    )
  }
  if (tooMuch) throw new NixsecretError('git', `${name} printed more than ${limit} bytes`)
  if (end.code === null) throw new NixsecretError('git', `${name} was killed by ${end.signal}`)
  return { code: end.code, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString('utf8') }
}

async function feed(stdin: Writable, input: GitOptions['input']): Promise<void> {
  if (input !== undefined && !(input instanceof Uint8Array)) {
    for await (const chunk of input) {
      if (!stdin.writable) break
      if (!stdin.write(chunk)) {
        await new Promise<void>((resolve) => {
          stdin.once('drain', resolve)
          stdin.once('close', resolve)
        })
      }
    }
    stdin.end()
  } else stdin.end(input)
}

/**
 * Runs git and expects it to succeed.
 * @returns what it printed on stdout, as bytes
 * @throws NixsecretError `git` with the first line that git printed on stderr, escaped
 */
export async function runGit(args: readonly string[], options: GitOptions = {}): Promise<Buffer> {
  const result = await tryGit(args, options)
  if (result.code !== 0) {
    const name = args.find((a) => !a.startsWith('-')) ?? ''
    const line = result.stderr.split('\n').find((l) => l.trim() !== '') ?? `exit code ${result.code}`
    throw new NixsecretError('git', `git ${name}: ${displayText(line.replace(/^(fatal|error): /, ''))}`)
  }
  return result.stdout
}

/** The fields of `-z` output: what stands before each NUL. */
export function splitNul(output: Buffer): Buffer[] {
  const fields: Buffer[] = []
  let start = 0
  for (let end = output.indexOf(0); end !== -1; end = output.indexOf(0, start)) {
    fields.push(output.subarray(start, end))
    start = end + 1
  }
  if (start < output.length) fields.push(output.subarray(start))
  return fields
}
