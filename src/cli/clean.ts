import { beginClean } from '../filter/convert.ts'
import { Notices } from '../filter/notices.ts'
import { writeAll } from '../filter/write-all.ts'
import { reportOnStderr } from './report-on-stderr.ts'
import { runOneShot } from './run-one-shot.ts'

/** `git-nixsecret clean -- PATH`: stdin is the file in the work tree, stdout what git stores. */
export async function run(args: string[]): Promise<number> {
  const { warning, leftOut, path } = await runOneShot(args, (context, path) =>
    beginClean(context, path, (bytes) => writeAll(1, bytes)),
  )
  if (warning !== undefined) reportOnStderr.warning(warning)
  if (leftOut !== undefined) {
    const notices = new Notices()
    notices.addLeftOut(path, leftOut)
    reportOnStderr.notice(notices.lines(false))
  }
  return 0
}
