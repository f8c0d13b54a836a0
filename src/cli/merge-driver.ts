import * as fs from 'node:fs'
import { shellWord } from '../age/shell-word.ts'
import { type BytePath, bytePath, displayPath } from '../byte-path.ts'
import { NixsecretError } from '../errors.ts'
import { FilterContext, filterRepository } from '../filter/filter-context.ts'
import { type Merged, mergeBlobs } from '../filter/merge-blobs.ts'
import { driverOf, filterAttributes } from '../git/check-attr.ts'
import { rawArguments } from '../host/argv.ts'
import { askOnTerminal } from './ask-on-terminal.ts'
import { reportOnStderr } from './report-on-stderr.ts'

/**
 * `git-nixsecret merge-driver %O %A %B %L %P %S %X %Y`: merges the plaintexts of three blobs and leaves the result,
 * encrypted, in %A. Before git 2.44 or so the last three come as literals.
 * https://git-scm.com/docs/gitattributes#_defining_a_custom_merge_driver
 * @returns 0 merged, 1 conflict; git takes over 128 as a crash
 */
export async function run(args: string[]): Promise<number> {
  const [base, ours, theirs, markerSize] = args
  const path = rawArguments()[5]
  if (base === undefined || ours === undefined || theirs === undefined || path === undefined) {
    throw new NixsecretError('usage', 'merge-driver is for git to call: %O %A %B %L %P %S %X %Y')
  }
  const context = new FilterContext(await filterRepository(), askOnTerminal)
  try {
    const label = (value: string | undefined, otherwise: string) =>
      value === undefined || /^%[SXY]$/.test(value) || value === '' ? otherwise : value
    const merged = await mergeBlobs(
      context,
      {
        path: bytePath(path),
        base: fs.readFileSync(base),
        ours: fs.readFileSync(ours),
        theirs: fs.readFileSync(theirs),
      },
      {
        // One longer than git's own, so that rerere keeps no plaintext image under .git.
        markerSize: (Number.parseInt(markerSize ?? '', 10) || 7) + 1,
        labels: [label(args[6], 'ours'), label(args[5], 'base'), label(args[7], 'theirs')],
      },
    )
    if (merged.content !== null) fs.writeFileSync(ours, merged.content)
    await tell(context, bytePath(path), merged)
    return merged.conflict ? 1 : 0
  } finally {
    context.close()
  }
}

async function tell(context: FilterContext, path: BytePath, merged: Merged): Promise<void> {
  for (const warning of merged.warnings) reportOnStderr.warning(warning)
  const hints = [...merged.hints]
  if (merged.content !== null && merged.conflict && (await staysCiphertext(context, path))) {
    reportOnStderr.warning(
      `${displayPath(path)}: the conflict is in the ciphertext, where no editor shows it`,
    )
    hints.push(
      `git nixsecret edit ${shellWord(displayPath(path))}    # shows it, and stages what you make of it`,
    )
  }
  reportOnStderr.notice({ messages: [], hints })
}

/** Whether git leaves a path as ciphertext in the work tree: by its attribute, or because it was locked. */
async function staysCiphertext(context: FilterContext, path: BytePath): Promise<boolean> {
  if (context.locked.isLocked(path)) return true
  // Without a work tree, where it has no answer, nobody asks either.
  const attributes = await filterAttributes([path], { cached: false }).catch(
    () => new Map<BytePath, string>(),
  )
  return driverOf(attributes.get(path)) === 'nixsecret-sealed'
}
