import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Sandbox } from './sandbox.ts'
import { makeSshKey } from './ssh-key.ts'
import { fromTemplate } from './template.ts'

/** A person with a home, an age key of their own, and git. */
export class Person {
  readonly box: Sandbox
  readonly recipient: string

  private constructor(box: Sandbox, recipient: string) {
    this.box = box
    this.recipient = recipient
  }

  /** Someone new, with an SSH key unless `key` is false. */
  static async create(name: string, { key = true }: { key?: boolean } = {}): Promise<Person> {
    const box = new Sandbox(name)
    if (!key) return new Person(box, '')
    const file = join(box.home, '.ssh/id_ed25519')
    await makeSshKey(box, file, name)
    return Person.in(box)
  }

  /** Who has an SSH key in this sandbox. */
  static in(box: Sandbox): Person {
    return new Person(box, readFileSync(join(box.home, '.ssh/id_ed25519.pub'), 'utf8').trim())
  }

  git(cwd: string, ...args: string[]): Promise<string> {
    return this.box.ok('git', args, { cwd })
  }

  /** Commits with no hook, where hooks are not the subject: each starts our program twice. */
  commit(cwd: string, message: string, ...args: string[]): Promise<string> {
    return this.git(cwd, '-c', 'core.hooksPath=/dev/null', 'commit', '-q', '-m', message, ...args)
  }

  tryGit(cwd: string, ...args: string[]) {
    return this.box.run('git', args, { cwd })
  }
}

/**
 * Makes a repository with `git nixsecret init`, its policy and attributes committed.
 * @returns its work tree
 */
export async function startRepository(
  person: Person,
  name = 'repo',
  initArgs: string[] = [],
): Promise<string> {
  const dir = person.box.path(name)
  await person.box.ok('git', ['init', '-q', dir])
  await person.git(dir, 'nixsecret', 'init', ...initArgs)
  await person.git(dir, 'add', '-A')
  await person.commit(dir, 'Set up git-nixsecret')
  return dir
}

/** Somebody new with a repository as {@link startRepository} makes it, `repo`. */
export async function begin(name: string): Promise<{ person: Person; dir: string }> {
  const box = await fromTemplate(`${name}\0repository`, ['repo'], async () => {
    const person = await Person.create(name)
    await startRepository(person)
    return person.box
  })
  return { person: Person.in(box), dir: box.path('repo') }
}

/** The git directory that holds the objects of a work tree or bare repository. */
export async function commonDir(person: Person, repo: string): Promise<string> {
  return (await person.git(repo, 'rev-parse', '--path-format=absolute', '--git-common-dir')).trim()
}

/**
 * Searches every file under the git directory and every object, loose and packed, for secrets.
 * @returns where any was found; empty is what must hold after each story
 */
export async function findPlaintext(
  person: Person,
  repo: string,
  secrets: readonly (string | Buffer)[],
): Promise<string[]> {
  const found: string[] = []
  const dir = await commonDir(person, repo)
  const needles = secrets.map((secret) => Buffer.from(secret))
  if (needles.some((needle) => needle.length < 6)) throw new Error('too short to be searched for')
  for (const file of person.box.files(dir)) {
    if (statSync(file).size > 1 << 30) throw new Error(`${file} is too large to search`)
    const content = readFileSync(file)
    if (needles.some((needle) => content.includes(needle))) found.push(file)
  }
  const ids = (
    await person.git(repo, 'cat-file', '--batch-all-objects', '--batch-check=%(objectname)', '--unordered')
  )
    .split('\n')
    .filter(Boolean)
  const all = await person.box.run('git', ['cat-file', '--batch'], {
    cwd: repo,
    input: `${ids.join('\n')}\n`,
  })
  for (const needle of needles) {
    for (let at = all.stdout.indexOf(needle); at !== -1; at = all.stdout.indexOf(needle, at + 1)) {
      found.push(
        `object near ${all.stdout
          .subarray(0, at)
          .toString('latin1')
          .match(/[0-9a-f]{40,64} \w+ \d+(?=\n)/g)
          ?.at(-1)}`,
      )
    }
  }
  return found
}

/** A blob as git has it. */
export async function blobOf(person: Person, repo: string, name: string): Promise<Buffer> {
  return (await person.box.run('git', ['cat-file', 'blob', name], { cwd: repo })).stdout
}

/** Whether these bytes begin as a binary age file. */
export function isAge(blob: Buffer): boolean {
  return blob.subarray(0, 22).toString('latin1') === 'age-encryption.org/v1\n'
}

/** A work-tree file's bytes, or null where there is none. */
export function read(repo: string, path: string): Buffer | null {
  const file = join(repo, path)
  return existsSync(file) ? readFileSync(file) : null
}
