import { tmpdir } from 'node:os'
import { displayText } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { withMemoryDir } from '../../host/memory-dir.ts'
import { type Diagnosis, fine, warning } from './finding.ts'

/** Where plaintext is written for a moment: by `edit`, which wants memory, and by git itself while it diffs. */
export async function checkTemporary(): Promise<Diagnosis[]> {
  return [await checkMemoryDir(), await checkTmpdir()]
}

async function checkMemoryDir(): Promise<Diagnosis> {
  try {
    await withMemoryDir(async () => {})
    return fine('memory-dir', 'there is a directory in memory for "git nixsecret edit"')
  } catch (fault) {
    if (!(fault instanceof NixsecretError)) throw fault
    return warning('memory-dir', `"git nixsecret edit" cannot work: ${fault.message}`, ...fault.hints)
  }
}

// git has no directory of its own for what it hands to textconv: only TMPDIR, see gitdiffcore and run_textconv.
async function checkTmpdir(): Promise<Diagnosis> {
  try {
    await withMemoryDir(async () => {}, { candidates: [tmpdir()] })
    return fine('tmpdir', 'temporary files of git stay in memory')
  } catch {
    return warning(
      'tmpdir',
      `git writes plaintext to temporary files in ${displayText(tmpdir())} while it shows a diff, and that is on disk`,
      process.env.XDG_RUNTIME_DIR ? 'export TMPDIR="$XDG_RUNTIME_DIR"' : 'export TMPDIR=/dev/shm',
    )
  }
}
