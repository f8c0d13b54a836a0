import { displayText, pathBytes } from '../../byte-path.ts'
import { NixsecretError } from '../../errors.ts'
import { type GitOptions, tryGit } from '../../git/run-git.ts'
import type { FilteredFile } from './filter-source.ts'

/** Bytes of one secret; more is a fault. */
export const LARGEST_SECRET = 256 << 20

/**
 * The content of a blob as git would write it at its path: through the smudge filter that attributes name. A filter that is not configured, or not required and failing, hands the blob through.
 * @param git `cwd` must be the top of the work tree, where filters look for their keys
 * @throws NixsecretError `git` where the filter is required and fails, or prints too much
 */
export async function readThroughFilter(
  { oid, path }: FilteredFile,
  git: GitOptions & { readonly cwd: string },
): Promise<Buffer> {
  // The path goes in on standard input: it may be no UTF-8, which Node cannot hand over as an argument.
  const input = Buffer.concat([Buffer.from(`${oid} `), pathBytes(path), Buffer.of(0)])
  const args = ['cat-file', '--batch', '--filters', '-z']
  const { code, stdout, stderr } = await tryGit(args, { ...git, input, maxBytes: LARGEST_SECRET })
  const end = stdout.indexOf(10)
  const head = stdout.subarray(0, end).toString('latin1')
  if (code !== 0 || end === -1 || !head.startsWith(`${oid} blob `)) {
    const line = stderr.split('\n').find((text) => text.trim() !== '') ?? `exit code ${code}`
    throw new NixsecretError('git', `its filter failed: ${displayText(line.slice(0, 300))}`)
  }
  return stdout.subarray(end + 1, -1)
}
