import { createHash } from 'node:crypto'
import { lstatSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { driversOf } from '../blob/protected-files.ts'
import { workFilePath } from '../blob/work-file.ts'
import type { BytePath } from '../byte-path.ts'
import type { Driver } from '../git/check-attr.ts'
import type { FlaggedEntry } from '../git/flagged-index.ts'
import type { GitOptions } from '../git/run-git.ts'
import { replaceFile } from '../host/replace-file.ts'

/** Of which files git is asked, and what it is told by. */
export interface AttributesAsked {
  /** The index, as git lists it. */
  readonly entries: readonly FlaggedEntry[]
  /** Where git is run, at the top of the files. */
  readonly git: GitOptions & { readonly cwd: string }
  /** Every value of the configuration that counts there. */
  readonly config: ReadonlyMap<string, string>
  /** Git directories that may have an `info/attributes`. */
  readonly gitDirs: readonly string[]
}

/**
 * Which driver git uses for each path, remembered for as long as nothing changes that git decides it by: the paths, all
 * `.gitattributes` files, in the directories and in the index, those of repository, user and system, configuration and
 * environment (https://git-scm.com/docs/gitattributes). Git takes longer to start than it takes to answer.
 */
export class KnownAttributes {
  readonly #file: string

  /** @param file where it is remembered */
  constructor(file: string) {
    this.#file = file
  }

  async drivers(asked: AttributesAsked): Promise<ReadonlyMap<BytePath, Driver>> {
    const key = keyOf(asked)
    const known = this.#read(key)
    if (known !== null) return known
    const paths = asked.entries.map(({ path }) => path)
    const drivers = await driversOf(paths, asked.git)
    // What changed while git was asked is not what it was asked by.
    if (keyOf(asked) === key) replaceFile(this.#file, JSON.stringify({ key, drivers: [...drivers] }))
    return drivers
  }

  #read(key: string): Map<BytePath, Driver> | null {
    try {
      const known = JSON.parse(readFileSync(this.#file, 'utf8')) as {
        key: string
        drivers: [BytePath, Driver][]
      }
      return known.key === key ? new Map(known.drivers) : null
    } catch {
      return null
    }
  }
}

function keyOf({ entries, git, config, gitDirs }: AttributesAsked): string {
  const hash = createHash('sha256')
  const folders = new Set<string>([''])
  let text = git.cwd
  for (const { path, oid, stage, skipped } of entries) {
    text += `\0${path}`
    if (path.endsWith('.gitattributes')) text += `\t${oid}\t${stage}\t${skipped}`
    for (let at = path.lastIndexOf('/'); at !== -1; at = path.lastIndexOf('/', at - 1)) {
      const folder = path.slice(0, at + 1)
      if (folders.has(folder)) break
      folders.add(folder)
    }
  }
  hash.update(text, 'latin1')
  for (const folder of folders) {
    const content = contentOf(workFilePath(git.cwd, `${folder}.gitattributes` as BytePath))
    if (content !== null) hash.update(`\0${folder}\0${content.length}\0`, 'latin1').update(content)
  }
  for (const file of [...gitDirs.map((dir) => join(dir, 'info/attributes')), ...userFiles(config)])
    hash.update(`\0${file}\0`).update(contentOf(file) ?? 'none')
  const variables = Object.entries(process.env).filter(([name]) => /^(GIT_|PATH$|HOME$|XDG_)/.test(name))
  return hash.update(JSON.stringify([[...config], variables.sort()])).digest('hex')
}

/** The files of user and system, wherever git may look for them. */
function userFiles(config: ReadonlyMap<string, string>): string[] {
  const { HOME = '', XDG_CONFIG_HOME = '', PATH = '' } = process.env
  const own = config.get('core.attributesfile')
  return [
    ...(own === undefined ? [] : [own.replace(/^~(?=\/)/, HOME)]),
    join(XDG_CONFIG_HOME || join(HOME, '.config'), 'git/attributes'),
    '/etc/gitattributes',
    // Beside the program, where git was built with another prefix.
    ...PATH.split(delimiter).map((dir) => join(dir, '../etc/gitattributes')),
  ]
}

/** What is there: a file's bytes, or where a link leads along with what it leads to; null for nothing. */
function contentOf(file: string | Buffer): Buffer | null {
  try {
    const stat = lstatSync(file, { throwIfNoEntry: false })
    if (stat === undefined) return null
    const content = statSync(file).isFile() ? readFileSync(file) : Buffer.from('no file')
    return stat.isSymbolicLink() ? Buffer.concat([readlinkSync(file, 'buffer'), content]) : content
  } catch (error) {
    // What this user may not look at, git may not either.
    return Buffer.from(String((error as NodeJS.ErrnoException).code))
  }
}
