import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { Sandbox } from './sandbox.ts'

const made = new Map<string, Promise<Sandbox>>()
/** What git and `init` wrote down of places: of the program, too. */
const WRITTEN = /\/(nixsecret\/(install\.json|program)|config|[^/]+\.nixsecret-program)$/

/**
 * A sandbox as `make` leaves one, with work trees that git has just looked at. It is made once in a process and copied
 * from then on: each step of its making starts several programs, and many tests begin with the same.
 * @param key what tells it from others
 * @param repos its work trees, below the sandbox
 * @param empty makes a sandbox with nothing in it
 */
export async function fromTemplate<Box extends Sandbox = Sandbox>(
  key: string,
  repos: readonly string[],
  make: () => Promise<Box>,
  empty: () => Box = () => new Sandbox(key.split('\0', 1)[0]) as Box,
): Promise<Box> {
  const known = made.get(key) ?? make()
  made.set(key, known)
  const template = await known
  const box = empty()
  cpSync(template.dir, box.dir, {
    recursive: true,
    preserveTimestamps: true,
    verbatimSymlinks: true,
    // Every sandbox has its own already.
    filter: (path) => path !== template.bin,
  })
  for (const file of box.files(box.dir)) {
    if (WRITTEN.test(file)) moved(file, template.dir, box.dir)
  }
  for (const repo of repos) {
    // Inodes are new.
    await box.ok('git', ['update-index', '-q', '--refresh'], { cwd: box.path(repo) })
  }
  return box
}

function moved(file: string, from: string, to: string): void {
  const text = readFileSync(file, 'utf8')
  if (text.includes(from)) writeFileSync(file, text.replaceAll(from, to))
}
