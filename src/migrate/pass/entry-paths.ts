import type { BytePath } from '../../byte-path.ts'
import { baseName } from '../../byte-path.ts'
import { neverEncrypted } from '../../policy/readers-of.ts'

/** What an entry's file is called in addition where its own name can't be had. */
const SUFFIX = '.secret'

/**
 * Where each entry of a password store lies in the repository: below `into`, by its own name. pass has `a` and `a/b`
 * side by side, git has either a file or a directory of one name: then, and where git itself reads a file of that name,
 * the file gets `.secret` behind it. The same store gives the same paths each time.
 * @returns for each name its path; null where git takes no such path
 */
export function entryPaths(names: readonly BytePath[], into: BytePath | ''): Map<BytePath, BytePath | null> {
  const directories = new Set(names.flatMap(parents))
  const plain = (name: BytePath) => !directories.has(name) && !isSpecial(name)
  const taken = new Set<string>(names.filter(plain))
  const paths = new Map<BytePath, BytePath | null>()
  for (const name of names) {
    let found: string = name
    if (!plain(name)) {
      do found += SUFFIX
      while (taken.has(found) || directories.has(found as BytePath))
      taken.add(found)
    }
    const path = into === '' ? found : `${into}/${found}`
    paths.set(name, isStorable(path) ? (path as BytePath) : null)
  }
  return paths
}

function parents(name: BytePath): BytePath[] {
  const found: BytePath[] = []
  for (let at = name.indexOf('/'); at !== -1; at = name.indexOf('/', at + 1))
    found.push(name.slice(0, at) as BytePath)
  return found
}

function isSpecial(name: BytePath): boolean {
  return neverEncrypted(name) || /^\.git(attributes|ignore|modules)$/i.test(baseName(name))
}

/** See `verify_path` of git's read-cache.c. */
function isStorable(path: string): boolean {
  return path.split('/').every((part) => !/^(|\.|\.\.|\.git|git~1)$/i.test(part))
}
