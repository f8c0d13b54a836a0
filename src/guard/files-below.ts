import { type Dirent, readdirSync } from 'node:fs'
import { workFilePath } from '../blob/work-file.ts'
import { type BytePath, displayPath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'

// A tree of more is no part of a configuration; to leave some of it out would be no all-clear.
const MOST = 2_000_000

/**
 * Regular files below a directory of the work tree that is a repository of its own, `.git` left out.
 * @throws NixsecretError `refused` where a directory may not be read
 */
export function filesBelow(top: string, directory: BytePath): BytePath[] {
  const found: BytePath[] = []
  const open = [directory]
  for (let dir = open.pop(); dir !== undefined; dir = open.pop()) {
    for (const entry of list(top, dir)) {
      const name = (entry.name as unknown as Buffer).toString('latin1')
      if (name === '.git') continue
      const path = `${dir}/${name}` as BytePath
      if (entry.isDirectory()) open.push(path)
      else if (entry.isFile()) found.push(path)
    }
    if (found.length > MOST)
      throw new NixsecretError('refused', `${displayPath(directory)} holds more than ${MOST} files`)
  }
  return found
}

function list(top: string, dir: BytePath): Dirent[] {
  try {
    const options = { withFileTypes: true, encoding: 'buffer' } as const
    return readdirSync(workFilePath(top, dir), options) as unknown as Dirent[]
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new NixsecretError('refused', `cannot read the directory ${displayPath(dir)}`, { cause })
  }
}
