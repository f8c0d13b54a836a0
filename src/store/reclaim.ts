import {
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'

const SLASH = Buffer.from('/')

/**
 * Makes files that root wrote below a directory those of this user, who owns the directories: by a copy that takes
 * their place. Directories of another user, and what is in them, are left.
 */
export function reclaim(dir: Uint8Array | string): void {
  const uid = process.getuid?.()
  for (const entry of readdirSync(dir as string, { withFileTypes: true, encoding: 'buffer' })) {
    // Bytes, as names of the user's files need not be text.
    const path = Buffer.concat([Buffer.from(dir as string), SLASH, entry.name as unknown as Buffer])
    const stat = lstatSync(path)
    if (stat.isDirectory()) {
      if (stat.uid === uid) reclaim(path)
    } else if (stat.uid !== uid) copyOver(path, stat.isSymbolicLink() ? null : stat.mode & 0o777)
  }
}

/** @param mode null for a symlink */
function copyOver(path: Buffer, mode: number | null): void {
  const temporary = Buffer.concat([path, Buffer.from(`.${process.pid}.tmp`)])
  try {
    if (mode === null) symlinkSync(readlinkSync(path), temporary)
    else writeFileSync(temporary, readFileSync(path), { mode })
    renameSync(temporary, path)
  } catch {
    rmSync(temporary, { force: true })
  }
}
