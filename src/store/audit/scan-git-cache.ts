import { spawn } from 'node:child_process'
import { blobId } from '../../git/object-id.ts'
import { gitEnv, tryGit } from '../../git/run-git.ts'
import type { FileScanner } from './file-scanner.ts'
import { meaningsOf } from './meanings-of.ts'
import type { SearchPlan } from './search-plan.ts'
import type { Meaning } from './secret.ts'

// Nothing of the repository that is audited, nor of a user's configuration, bends what is read here.
const OURS = {
  GIT_DIR: undefined,
  GIT_COMMON_DIR: undefined,
  GIT_WORK_TREE: undefined,
  GIT_INDEX_FILE: undefined,
  GIT_OBJECT_DIRECTORY: undefined,
  GIT_ALTERNATE_OBJECT_DIRECTORIES: undefined,
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_NO_LAZY_FETCH: '1',
}

/**
 * Looks through the git objects that Nix keeps of what it fetched.
 * @param dir a bare git directory, one character a byte
 * @param whole whether to read all objects; else whole secrets are looked for by their object ids
 * @returns what was found, or null where git can't read it
 */
export async function scanGitCache(
  plan: SearchPlan,
  scanner: FileScanner,
  dir: string,
  whole: boolean,
): Promise<Meaning[] | null> {
  const gitDir = Buffer.from(dir, 'latin1').toString('utf8')
  const found = await byObjectId(plan, gitDir)
  if (found === null || !whole) return found
  const needles = new Set<number>()
  const ok = await readAll(gitDir, scanner, (needle) => needles.add(needle))
  return ok ? [...found, ...meaningsOf(plan, { wholes: [], needles: [...needles] })] : null
}

async function byObjectId({ contents }: SearchPlan, gitDir: string): Promise<Meaning[] | null> {
  const options = { env: OURS, cwd: '/' }
  const format = await tryGit(['--git-dir', gitDir, 'rev-parse', '--show-object-format'], options)
  if (format.code !== 0) return null
  const kind = format.stdout.toString('latin1').trim() === 'sha256' ? 'sha256' : 'sha1'
  const ids = contents.map(({ bytes }) => blobId(bytes, kind))
  const input = Buffer.from(ids.map((id) => `${id}\n`).join(''))
  const asked = await tryGit(['--git-dir', gitDir, 'cat-file', '--batch-check=%(objecttype)'], {
    ...options,
    input,
  })
  if (asked.code !== 0) return null
  const answers = asked.stdout.toString('latin1').split('\n')
  return contents.flatMap(({ meaning }, at) => (answers[at] === 'blob' ? [meaning] : []))
}

function readAll(gitDir: string, scanner: FileScanner, found: (needle: number) => void): Promise<boolean> {
  const args = ['--git-dir', gitDir, 'cat-file', '--batch-all-objects', '--batch', '--unordered', '--buffer']
  const child = spawn('git', args, { cwd: '/', env: gitEnv(OURS), stdio: ['ignore', 'pipe', 'ignore'] })
  let rest: Buffer = Buffer.alloc(0)
  child.stdout.on('data', (piece: Buffer) => {
    rest = scanner.scanPiece(rest, piece, found)
  })
  return new Promise((resolve) => {
    child.on('error', () => resolve(false))
    child.on('close', (code) => resolve(code === 0))
  })
}
