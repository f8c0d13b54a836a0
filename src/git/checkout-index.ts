import { lutimesSync } from 'node:fs'
import { type BytePath, pathBytes } from '../byte-path.ts'
import { type GitOptions, runGit } from './run-git.ts'

// A driver without commands hands everything through, if it is not required.
const UNFILTERED = ['nixsecret', 'nixsecret-sealed'].flatMap((driver) =>
  ['process=', 'clean=', 'smudge=', 'required=false'].flatMap((setting) => [
    '-c',
    `filter.${driver}.${setting}`,
  ]),
)

/**
 * Writes files of the work tree anew from the index, whatever stands there now.
 * git would leave a file alone that it takes for unchanged, so the files' times are set to the epoch first:
 * killed in between, git merely looks at them again.
 * @param filtered whether our filter decides what is written; if not, it is the blob as it is
 * @param options `cwd` must be the top of the work tree
 * @throws NixsecretError `git`
 */
export async function checkoutIndex(
  paths: readonly BytePath[],
  { filtered, ...options }: GitOptions & { cwd: string; filtered: boolean },
): Promise<void> {
  if (paths.length === 0) return
  for (const path of paths) {
    try {
      lutimesSync(Buffer.concat([Buffer.from(`${options.cwd}/`), pathBytes(path)]), 0, 0)
    } catch {
      // Not there yet, or not a file: git writes it in any case.
    }
  }
  const input = Buffer.concat(paths.flatMap((path) => [pathBytes(path), Buffer.of(0)]))
  const args = [...(filtered ? [] : UNFILTERED), 'checkout-index', '-f', '-u', '-z', '--stdin']
  await runGit(args, { ...options, input })
}
