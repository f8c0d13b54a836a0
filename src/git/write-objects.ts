import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, constants, mkdirSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { NixsecretError } from '../errors.ts'
import { type GitOptions, gitEnv } from './run-git.ts'

/** Bytes; git reads a pipe into memory, but maps a file, so what is larger goes through a file. */
const PIPE_LIMIT = 8 << 20

/**
 * Stores **ciphertext** as a blob, exactly as it is: git applies no filter to what it reads on standard input,
 * and `--no-filters` says so again.
 * @param content if it throws, no object is written
 * @param spoolDir where a large content lies, in a file without a name, until git has it; made with mode 0700
 * @returns the object id
 * @throws whatever `content` throws; NixsecretError `git`; `io` where the file can't be made
 */
export async function writeBlob(
  content: Uint8Array | AsyncIterable<Uint8Array>,
  { spoolDir, ...options }: Pick<GitOptions, 'cwd' | 'env'> & { spoolDir: string },
): Promise<string> {
  const held: Uint8Array[] = []
  let size = 0
  let fd: number | null = null
  try {
    for await (const piece of content instanceof Uint8Array ? [content] : content) {
      if (fd === null && size + piece.length > PIPE_LIMIT) {
        fd = openSpool(spoolDir)
        let at = 0
        for (const early of held.splice(0)) at += writeAt(fd, early, at)
      }
      if (fd === null) held.push(piece)
      else writeAt(fd, piece, size)
      size += piece.length
    }
    return await hashObject(fd ?? Buffer.concat(held), options)
  } finally {
    if (fd !== null) closeSync(fd)
  }
}

function openSpool(dir: string): number {
  const file = `${dir}/blob-${process.pid}-${randomBytes(6).toString('hex')}`
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
    const fd = openSync(file, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
    unlinkSync(file)
    return fd
  } catch (cause) {
    throw new NixsecretError('io', 'cannot make a temporary file in the git directory', { cause })
  }
}

/** Writes at a position, which leaves the file's own offset at its start, where git begins to read. */
function writeAt(fd: number, piece: Uint8Array, position: number): number {
  try {
    for (let done = 0; done < piece.length; ) {
      done += writeSync(fd, piece, done, piece.length - done, position + done)
    }
  } catch (cause) {
    throw new NixsecretError('io', 'cannot write a temporary file in the git directory (is the disk full?)', {
      cause,
    })
  }
  return piece.length
}

async function hashObject(
  content: Buffer | number,
  { cwd, env }: Pick<GitOptions, 'cwd' | 'env'>,
): Promise<string> {
  const child = spawn('git', ['hash-object', '-w', '--no-filters', '--stdin'], {
    ...(cwd === undefined ? {} : { cwd }),
    env: gitEnv(env),
    stdio: [typeof content === 'number' ? content : 'pipe', 'pipe', 'ignore'],
  })
  let printed = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    printed = (printed + chunk.toString('latin1')).slice(0, 100)
  })
  // git may end before it has read everything; its exit code tells what matters.
  child.stdin?.on('error', () => {})
  if (typeof content !== 'number') child.stdin?.end(content)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  }).catch((cause: unknown) => {
    throw new NixsecretError('git', 'cannot run git hash-object', { cause })
  })
  const oid = printed.trim()
  if (code !== 0 || !/^[0-9a-f]{40,64}$/.test(oid)) {
    throw new NixsecretError('git', 'git hash-object could not store a blob (is the disk full?)')
  }
  return oid
}
