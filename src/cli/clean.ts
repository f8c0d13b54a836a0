import { clean } from '../filter/clean.ts'
import { EarlierBlobs } from '../filter/earlier-blobs.ts'
import { reportOnStderr } from './report-on-stderr.ts'
import { runOneShot } from './run-one-shot.ts'

/** `git-nixsecret clean -- PATH`: stdin is the file in the work tree, stdout what git stores. */
export function run(args: string[]): Promise<number> {
  return runOneShot(args, async (context, path, incoming) => {
    const { content, warning } = await clean(context, path, incoming, new EarlierBlobs(context, path))
    if (warning !== undefined) reportOnStderr.warning(warning)
    return content
  })
}
