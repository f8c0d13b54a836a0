import { spawn } from 'node:child_process'
import { NixsecretError } from '../errors.ts'
import { type GitOptions, gitEnv } from './run-git.ts'

/**
 * The content of a blob too large to hold, piece by piece, no faster than it is read.
 * @throws NixsecretError `git` where git fails before the end
 */
export async function* blobStream(oid: string, options: GitOptions = {}): AsyncGenerator<Buffer> {
  const child = spawn('git', ['cat-file', 'blob', oid], {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: gitEnv({ GIT_NO_REPLACE_OBJECTS: '1', ...options.env }),
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const closed = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  closed.catch(() => {})
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer
    if ((await closed) !== 0) throw new NixsecretError('git', `cannot read blob ${oid}`)
  } finally {
    child.kill()
  }
}
